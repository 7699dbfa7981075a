use std::error::Error;
use std::io;

/// How many links of a source chain are followed. No driver has longer ones; the bound keeps an endless chain from blocking the
/// report.
const LINKS: usize = 16;

/// The class of the first I/O error among the sources, if there is one. It is a word of this crate and quotes no message.
pub(super) fn io_class(source: &(dyn Error + 'static)) -> Option<&'static str> {
    let chain = std::iter::successors(Some(source), |&error| error.source());
    chain.take(LINKS).find_map(|error| error.downcast_ref::<io::Error>()).map(|error| named(error.kind()))
}

fn named(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound => "io-not-found",
        io::ErrorKind::PermissionDenied => "io-denied",
        io::ErrorKind::ConnectionRefused => "io-refused",
        io::ErrorKind::ConnectionReset => "io-reset",
        io::ErrorKind::ConnectionAborted => "io-aborted",
        io::ErrorKind::NotConnected => "io-not-connected",
        io::ErrorKind::BrokenPipe => "io-broken-pipe",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "io-unreachable",
        io::ErrorKind::TimedOut => "io-timed-out",
        io::ErrorKind::UnexpectedEof => "io-cut-off",
        io::ErrorKind::InvalidData => "io-invalid-data",
        io::ErrorKind::StorageFull => "io-disk-full",
        io::ErrorKind::ReadOnlyFilesystem => "io-read-only",
        _ => "io",
    }
}
