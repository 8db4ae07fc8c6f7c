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
    /// How many forged tokens are still to be refused before it may end.
    to_refuse: AtomicU64,
    until_at_most: Instant,
}

/// When a load generator ends.
pub(crate) struct Limits {
    /// The number of its first request.
    pub(crate) from: u64,
    /// How many requests it sends.
    pub(crate) requests: u64,
    /// How long it runs.
    pub(crate) time: Duration,
    /// How many forged tokens must have been refused, even if it runs longer.
    pub(crate) forged: u64,
    /// How long it runs at most, whatever is missing.
    pub(crate) most_time: Duration,
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
    /// A load generator that sends a plan's requests.
    pub(crate) fn new(gate: String, plan: Plan, limits: &Limits) -> Result<Self, Box<dyn Error>> {
        let now = Instant::now();
        Ok(Self {
            gate,
            plan,
            forger: Forger::new()?,
            next: AtomicU64::new(limits.from),
            end: limits.from.saturating_add(limits.requests),
            until: now + limits.time,
            to_refuse: AtomicU64::new(limits.forged),
            until_at_most: now + limits.most_time,
        })
    }

    fn is_over(&self) -> bool {
        let now = Instant::now();
        now >= self.until && (self.to_refuse.load(Ordering::Relaxed) == 0 || now >= self.until_at_most)
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
        while !self.is_over() {
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
                        if class.forged {
                            self.note_refused();
                        }
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

    fn note_refused(&self) {
        let left = |left: u64| left.checked_sub(1);
        let _none_is_left = self
            .to_refuse
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
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
