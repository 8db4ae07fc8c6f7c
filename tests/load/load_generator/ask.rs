//! The clients: each keeps a connection, sends the next request of the plan once the last one is answered, and checks the
//! response.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, sleep, timeout};

use crate::forger::Forger;
use crate::message::Message;
use crate::plan::{Class, Plan};
use crate::tally::{Report, Tally, percentile};

/// How long a response may take.
const ANSWER: Duration = Duration::from_secs(30);

/// How long a client waits before it connects again.
const PAUSE: Duration = Duration::from_millis(50);

/// The header fields of every request, in addition to those of its class.
const FIELDS: &str =
    "Host: hub.example\r\nUser-Agent: hf_hub/1.2.0; python/3.12.3; requests/2.32.3\r\nAccept: */*\r\n";

/// All clients together.
pub(crate) struct LoadGenerator {
    gate: String,
    plan: Plan,
    forger: Forger,
    next: AtomicU64,
    end: u64,
    until: Instant,
}

struct Connection {
    incoming: BufReader<OwnedReadHalf>,
    outgoing: OwnedWriteHalf,
}

/// The observations of one client.
struct Seen {
    tallies: Vec<Tally>,
    microseconds: Vec<u32>,
}

impl LoadGenerator {
    /// A load generator that sends `requests` requests, for at most `time`.
    pub(crate) fn new(
        gate: String,
        plan: Plan,
        from: u64,
        requests: u64,
        time: Duration,
    ) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            gate,
            plan,
            forger: Forger::new()?,
            next: AtomicU64::new(from),
            end: from.saturating_add(requests),
            until: Instant::now() + time,
        })
    }

    /// Sends all requests and returns the report as JSON.
    pub(crate) async fn ask(self, connections: usize) -> Result<String, Box<dyn Error>> {
        let started = Instant::now();
        let generator = Arc::new(self);
        let clients: Vec<_> = (0..connections)
            .map(|_| tokio::spawn(Arc::clone(&generator).client()))
            .collect();
        let mut tallies = vec![Tally::default(); generator.plan.classes().len()];
        let mut times = Vec::new();
        for client in clients {
            let seen = client.await?.map_err(|error| error.to_string())?;
            for (all, one) in tallies.iter_mut().zip(&seen.tallies) {
                all.add(one);
            }
            times.extend(seen.microseconds);
        }
        times.sort_unstable();
        let names = generator.plan.classes().iter().map(|class| class.name.clone());
        Ok(serde_json::to_string(&Report {
            seconds: started.elapsed().as_secs_f64(),
            classes: names.zip(tallies).collect(),
            median: percentile(&times, 50),
            percentile_99: percentile(&times, 99),
            longest: percentile(&times, 100),
        })?)
    }

    async fn client(self: Arc<Self>) -> Result<Seen, Box<dyn Error + Send + Sync>> {
        let mut seen = Seen {
            tallies: vec![Tally::default(); self.plan.classes().len()],
            microseconds: Vec::new(),
        };
        let mut kept = None;
        while Instant::now() < self.until {
            let mut connection = match kept.take() {
                Some(connection) => connection,
                None => match Connection::open(&self.gate).await {
                    Ok(connection) => connection,
                    Err(_) => {
                        sleep(PAUSE).await;
                        continue;
                    }
                },
            };
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((at, class)) = self.plan.class_of(number).filter(|_| number < self.end) else {
                break;
            };
            let Some(tally) = seen.tallies.get_mut(at) else {
                break;
            };
            let request = self.request(class, number)?;
            tally.sent += 1;
            let started = Instant::now();
            match timeout(ANSWER, connection.exchange(&request)).await {
                Ok(Ok(answer)) => {
                    let took = u32::try_from(started.elapsed().as_micros())?;
                    seen.microseconds.push(took);
                    let code = answer.field("x-error-code");
                    if answer.word(1) == class.status.to_string() && code == class.code.as_deref() {
                        tally.right += 1;
                    } else {
                        let what = format!("{} {}", answer.word(1), code.unwrap_or("without a code"));
                        *tally.wrong.entry(what).or_default() += 1;
                    }
                    kept = Some(connection);
                }
                Ok(Err(_)) | Err(_) => {
                    tally.broken += 1;
                    sleep(PAUSE).await;
                }
            }
        }
        Ok(seen)
    }

    fn request(&self, class: &Class, number: u64) -> Result<String, Box<dyn Error + Send + Sync>> {
        let token = if class.forged {
            Some(self.forger.forge(number)?)
        } else {
            class.token(number).map(str::to_owned)
        };
        let mut request = format!("{} {} HTTP/1.1\r\n{FIELDS}", class.method, class.target(number));
        let mut body = class.body.clone().unwrap_or_default();
        if let Some(token) = token {
            if body.contains("{token}") {
                body = body.replace("{token}", &token);
                request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
            } else {
                request.push_str(&format!("Authorization: Bearer {token}\r\n"));
            }
        }
        if class.body.is_some() {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        request.push_str(&body);
        Ok(request)
    }
}

impl Connection {
    async fn open(gate: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(gate).await?;
        stream.set_nodelay(true)?;
        let (incoming, outgoing) = stream.into_split();
        Ok(Self {
            incoming: BufReader::new(incoming),
            outgoing,
        })
    }

    async fn exchange(&mut self, request: &str) -> io::Result<Message> {
        self.outgoing.write_all(request.as_bytes()).await?;
        let answer = Message::read(&mut self.incoming).await?;
        answer.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
