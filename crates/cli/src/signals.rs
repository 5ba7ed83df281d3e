//! Ctrl-C, and what a service manager sends.

use std::io;

use tokio::sync::watch;

use crate::failure::Failure;

/// Turns ready once somebody has asked the command to end, and stays so.
#[derive(Clone, Debug)]
pub(crate) struct End(watch::Receiver<bool>);

impl End {
    /// Listens from now on. Asked a second time, the process ends at once.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let deaf = |error| Failure::system("cannot wait for signals", error);
        let (asked, end) = watch::channel(false);
        let mut signals = Signals::new().map_err(deaf)?;
        tokio::spawn(async move {
            signals.next().await;
            asked.send_replace(true);
            signals.next().await;
            std::process::exit(130);
        });
        Ok(Self(end))
    }

    pub(crate) async fn asked(&mut self) {
        // Whoever tells lives as long as the process.
        let _ = self.0.wait_for(|is_asked| *is_asked).await;
    }

    /// Does something, unless it is asked to end before that is done.
    pub(crate) async fn unless<T>(
        &mut self,
        what: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            done = what => done,
            () = self.asked() => Err(Failure::interrupted()),
        }
    }
}

#[cfg(unix)]
#[derive(Debug)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
#[derive(Debug)]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Where Ctrl-C cannot be caught, it ends the program by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
