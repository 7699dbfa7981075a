//! Connecting to a host that may have several addresses.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long to wait for an address before trying the next one in parallel (RFC 8305).
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to the first address that answers. `turn` selects the address to start with: another one after each failure, since
/// an address that accepts connections may still be unusable.
pub(super) async fn dial(host: &str, port: u16, turn: usize) -> io::Result<TcpStream> {
    let mut addresses = in_turns(lookup_host((host, port)).await?);
    let turn = turn.checked_rem(addresses.len()).unwrap_or(0);
    addresses.rotate_left(turn);
    let stream = first_of(addresses).await?;
    // Commands are short, and each waits for its answer.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Alternates between address families, starting with the resolver's preferred one.
fn in_turns(addresses: impl Iterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
    let addresses: Vec<SocketAddr> = addresses.collect();
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut turns = VecDeque::new();
    loop {
        let before = turns.len();
        turns.extend(first.next());
        turns.extend(second.next());
        if turns.len() == before {
            return turns;
        }
    }
}

async fn first_of(mut addresses: VecDeque<SocketAddr>) -> io::Result<TcpStream> {
    let mut tries = JoinSet::new();
    let mut failure = io::Error::from(io::ErrorKind::NotFound);
    loop {
        if let Some(address) = addresses.pop_front() {
            tries.spawn(TcpStream::connect(address));
        }
        let ended = match addresses.is_empty() {
            true => tries.join_next().await,
            false => match timeout(STAGGER, tries.join_next()).await {
                Ok(ended) => ended,
                Err(_) => continue,
            },
        };
        match ended {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(error))) => failure = error,
            Some(Err(error)) => failure = error.into(),
            None => return Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpSocket;

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    fn addresses(texts: &[&str]) -> VecDeque<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns() {
        let turns = in_turns(addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "127.0.0.1:1"]).into_iter());
        assert_eq!(turns, addresses(&["[::1]:1", "127.0.0.1:1", "[::2]:1", "[::3]:1"]));
        assert!(in_turns(VecDeque::new().into_iter()).is_empty());
    }

    #[test]
    fn every_address_is_tried_also_behind_one_that_never_answers() {
        run(async {
            // Nothing accepts from this socket, and its backlog soon fills up: later connections get no answer.
            let full = TcpSocket::new_v4().unwrap();
            full.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let full = full.listen(1).unwrap();
            let silent = full.local_addr().unwrap();
            let mut waiting = Vec::new();
            while let Ok(stream) = timeout(STAGGER, TcpStream::connect(silent)).await {
                waiting.push(stream.unwrap());
            }
            let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let refused = "127.0.0.1:1".parse().unwrap();
            let live = free.local_addr().unwrap();
            // Trying them one after the other, each until it times out, would take minutes.
            let minute = Duration::from_secs(60);
            for order in [vec![silent, live], vec![refused, silent, live], vec![silent, silent, refused, live]] {
                let stream = timeout(minute, first_of(order.into())).await.unwrap().unwrap();
                assert_eq!(stream.peer_addr().unwrap(), live);
            }
        });
    }

    #[test]
    fn the_failure_is_that_of_an_address_or_that_there_is_none() {
        run(async {
            let refused = first_of(addresses(&["127.0.0.1:1"])).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
            assert_eq!(first_of(VecDeque::new()).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        });
    }
}
