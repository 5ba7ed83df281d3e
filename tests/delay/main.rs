//! Holds packets back for a while, as a long way does. The kernel hands them over where a rule of
//! its firewall says so; the networks of the tests lend no slow path of their own.
//!
//! `delay MILLISECONDS`: takes queue 0, says `ready` and runs until its input ends.

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use std::collections::VecDeque;
    use std::io::ErrorKind;
    use std::thread;
    use std::time::{Duration, Instant};

    use anyhow::Context;
    use nfq::{Queue, Verdict};

    /// How exact it is.
    const STEP: Duration = Duration::from_micros(300);
    /// Packets on their way; what comes beyond them is lost.
    const HELD_MAX: u32 = 16_384;

    let delay = std::env::args().nth(1).context("how many milliseconds?")?.parse()?;
    let delay = Duration::from_millis(delay);
    let mut queue = Queue::open().context("no queue of packets here")?;
    queue.bind(0)?;
    queue.set_copy_range(0, 0)?;
    queue.set_queue_max_len(0, HELD_MAX)?;
    queue.set_nonblocking(true);
    thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    println!("ready");
    let mut held = VecDeque::new();
    loop {
        match queue.recv() {
            Ok(packet) => held.push_back((Instant::now() + delay, packet)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(STEP),
            Err(error) => return Err(error.into()),
        }
        while let Some((_, mut packet)) = held.pop_front_if(|(due, _)| *due <= Instant::now()) {
            packet.set_verdict(Verdict::Accept);
            queue.verdict(packet)?;
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<()> {
    anyhow::bail!("only Linux hands packets over")
}
