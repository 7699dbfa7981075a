//! Unit tests of `engine::hash_pool`.

use super::*;
use std::sync::mpsc;

use crate::hashing;
use crate::hashing::HashParams;
use crate::types::Password;

fn pool(threads: usize, queue_per_thread: usize) -> HashPool {
    let threads = NonZeroUsize::new(threads);
    HashPool::start(&HashingConfig { threads, queue_per_thread, ..HashingConfig::default() }).unwrap()
}

#[test]
fn strangers_take_at_most_half_of_the_places_and_a_dropped_permit_frees_its_own() {
    let pool = pool(1, 4);
    let _strangers = [Caller::Stranger; 2].map(|caller| pool.permit(caller, vec![]).ok().unwrap());
    assert_eq!(pool.permit(Caller::Stranger, vec![]).err(), Some(PermitRefused::Full));
    let known = [Caller::Known; 2].map(|caller| pool.permit(caller, vec![]).ok().unwrap());
    assert_eq!(pool.permit(Caller::Known, vec![]).err(), Some(PermitRefused::Full));
    drop(known);
    assert!(pool.permit(Caller::Known, vec![]).is_ok());
    assert_eq!(pool.load().refused, 2);
}

#[test]
fn m2_each_bucket_user_and_client_address_holds_a_bounded_number_of_places() {
    let (bucket, user) = (Holder::Bucket("b".into()), Holder::User("u".into()));
    let address = Holder::ClientAddress("a".into());
    for (holder, share) in [(bucket, 2), (user, 4), (address, 16)] {
        let pool = pool(1, 64);
        let taken: Vec<_> = (0..64).filter_map(|_| pool.permit(Caller::Known, vec![holder.clone()]).ok()).collect();
        assert_eq!(taken.len(), share, "{holder:?}");
        assert_eq!(pool.permit(Caller::Known, vec![holder.clone()]).err(), Some(PermitRefused::Held));
        assert!(pool.permit(Caller::Known, vec![Holder::User("other".into())]).is_ok(), "others find a place");
        drop(taken);
        assert!(pool.permit(Caller::Known, vec![holder]).is_ok(), "given back");
    }
}

#[test]
fn work_whose_caller_has_gone_is_skipped() {
    let pool = pool(1, 4);
    let (go, wait) = mpsc::channel::<()>();
    let (begun, running) = mpsc::channel::<()>();
    let blocker = pool.permit(Caller::Known, vec![]).ok().unwrap().run(move |_| {
        begun.send(()).unwrap();
        (wait.recv(), 1)
    });
    let gone = pool.permit(Caller::Known, vec![]).ok().unwrap().run(|_| ((), 1));
    pollster::block_on(async {
        let mut blocker = std::pin::pin!(blocker);
        let mut gone = Box::pin(gone);
        poll_once(blocker.as_mut()).await;
        running.recv().unwrap();
        poll_once(gone.as_mut()).await;
        drop(gone);
        go.send(()).unwrap();
        blocker.await.unwrap().unwrap();
        pool.idle().await;
    });
    let load = pool.load();
    assert_eq!((load.computed, load.skipped, load.queued, load.running), (1, 1, 0, 0));
}

#[test]
fn a_panic_in_one_job_harms_no_other() {
    let pool = pool(1, 4);
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let first = pollster::block_on(
        pool.permit(Caller::Known, vec![]).ok().unwrap().run(|_| -> ((), u64) { panic!("on purpose") }),
    );
    std::panic::set_hook(quiet);
    assert_eq!(first, Err(PermitRefused::Closed));
    assert_eq!(pollster::block_on(pool.permit(Caller::Known, vec![]).ok().unwrap().run(|_| (7, 1))), Ok(7));
}

/// How much memory the one thread holds once it has computed a hash of so many KiB.
fn held_after(pool: &HashPool, kib: u32) -> usize {
    let params = HashParams::danger_weak(kib, 1, 1).unwrap();
    let hash = move |memory: &mut HashMemory| {
        hashing::hash(&Password::new("a password"), params, memory).unwrap();
        ((), 1)
    };
    pollster::block_on(async {
        pool.permit(Caller::Known, vec![]).ok().unwrap().run(hash).await.unwrap();
        pool.permit(Caller::Known, vec![]).ok().unwrap().run(|memory| (memory.held_kib(), 0)).await.unwrap()
    })
}

#[test]
fn memory_is_kept_but_not_what_a_rare_large_hash_needed() {
    let params = HashParams::danger_weak(64, 1, 1).unwrap();
    let config = HashingConfig { params, threads: NonZeroUsize::new(1), ..HashingConfig::default() };
    let pool = HashPool::start(&config).unwrap();
    assert_eq!(held_after(&pool, 64), 64);
    assert_eq!(held_after(&pool, 8), 64);
    assert_eq!(held_after(&pool, 1024), 64);
    // Wiping keeps it too.
    let wiping = HashPool::start(&HashingConfig { wipe_memory: true, ..config }).unwrap();
    assert_eq!(held_after(&wiping, 64), 64);
}

#[test]
fn memory_is_given_back_after_idling_and_taken_again() {
    let release_after = Some(Duration::from_nanos(1));
    let config = HashingConfig { threads: NonZeroUsize::new(1), release_after, ..HashingConfig::default() };
    let pool = HashPool::start(&config).unwrap();
    let held = || {
        let ask = pool.permit(Caller::Known, vec![]).ok().unwrap().run(|memory| (memory.held_kib(), 0));
        pollster::block_on(ask).unwrap()
    };
    for _ in 0..2 {
        held_after(&pool, 64);
        while held() > 0 {
            thread::yield_now();
        }
    }
}

#[test]
fn a_closed_pool_refuses_and_drains() {
    let pool = pool(2, 2);
    let permit = pool.permit(Caller::Known, vec![]).ok().unwrap();
    pool.close();
    assert_eq!(pool.permit(Caller::Known, vec![]).err(), Some(PermitRefused::Closed));
    assert_eq!(pollster::block_on(permit.run(|_| ((), 1))), Err(PermitRefused::Closed));
    pollster::block_on(pool.idle());
}

async fn poll_once<F: Future + Unpin>(future: F) {
    let mut future = Some(future);
    std::future::poll_fn(move |context| {
        if let Some(mut future) = future.take() {
            let _ = std::pin::Pin::new(&mut future).poll(context);
        }
        std::task::Poll::Ready(())
    })
    .await;
}
