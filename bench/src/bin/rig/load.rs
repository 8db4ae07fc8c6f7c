//! The clients: a number of requests over a number of connections, either as fast as the responses arrive or at a fixed rate.
//! At a fixed rate, a request's time counts from when it was due, so every request that waits for a stall shows it.

use std::error::Error;
use std::io::{self, BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::message::{CHUNK, read_head, skip_body, write_body};
use crate::work::Work;

/// The size and rate of a load.
pub struct Load {
    /// The server's address.
    pub address: String,
    /// The number of connections.
    pub connections: usize,
    /// The number of requests in total.
    pub requests: usize,
    /// Which message is the first; the others follow in turn.
    pub first: usize,
    /// Requests per second; `None` for as many as possible.
    pub rate: Option<f64>,
}

impl Load {
    /// Sends the requests and returns the results as JSON, with times in microseconds.
    pub fn run(&self, work: &Work) -> Result<String, Box<dyn Error>> {
        let next = AtomicUsize::new(0);
        let started = Instant::now();
        let mut times: Vec<Duration> = thread::scope(|scope| {
            let clients: Vec<_> = (0..self.connections)
                .map(|_| scope.spawn(|| self.client(work, &next, started)))
                .collect();
            clients
                .into_iter()
                .map(|client| {
                    client
                        .join()
                        .map_err(|_| io::Error::other("a client broke down"))?
                })
                .collect::<io::Result<Vec<_>>>()
        })?
        .concat();
        let seconds = started.elapsed().as_secs_f64();
        times.sort_unstable();
        let quantile = |part: f64| {
            let at = (part * times.len() as f64) as usize;
            times
                .get(at.min(times.len().saturating_sub(1)))
                .copied()
                .unwrap_or_default()
                .as_micros()
        };
        Ok(format!(
            "{{\"requests\":{},\"seconds\":{seconds},\"p50\":{},\"p99\":{},\"longest\":{}}}",
            times.len(),
            quantile(0.5),
            quantile(0.99),
            quantile(1.0)
        ))
    }

    fn client(&self, work: &Work, next: &AtomicUsize, started: Instant) -> io::Result<Vec<Duration>> {
        let mut connection = TcpStream::connect(&self.address)?;
        connection.set_nodelay(true)?;
        let mut reader = BufReader::with_capacity(CHUNK, connection.try_clone()?);
        let mut times = Vec::new();
        loop {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            if turn >= self.requests {
                return Ok(times);
            }
            let mut due = Instant::now();
            if let Some(rate) = self.rate {
                due = started + Duration::from_secs_f64(turn as f64 / rate);
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            let message = work
                .messages
                .get(self.first.wrapping_add(turn) % work.messages.len().max(1))
                .ok_or_else(|| io::Error::other("there are no tokens"))?;
            connection.write_all(message)?;
            write_body(&mut connection, work.filler)?;
            let head = read_head(&mut reader)?.ok_or(io::ErrorKind::UnexpectedEof)?;
            if head.first_line.split(' ').nth(1) != Some(work.status) {
                return Err(io::Error::other(format!(
                    "expected the status {}, got {}",
                    work.status,
                    head.first_line.trim_end()
                )));
            }
            skip_body(&mut reader, head.body)?;
            times.push(due.elapsed());
        }
    }
}
