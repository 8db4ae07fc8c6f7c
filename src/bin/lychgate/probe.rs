//! `lychgate probe`: whether an origin reads any request as more than the gate in front of it does.

mod answer;
mod asker;
mod disguise;
mod finding;
mod json_body;
mod plain;
mod recognition;
mod server;
mod spelling;
mod variant;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::{panic, thread};

use clap::Args;
use lychgate::{Access, Explanation, RouteTable};

use crate::Options;
use crate::failure::{Failure, say};
use crate::print;
use crate::table::Table;

use self::answer::Answer;
use self::asker::{Asker, TokenSources};
use self::disguise::variants;
use self::finding::{Finding, Seen, Summary};
use self::plain::Plain;
use self::recognition::{Recognition, Unrecognisable};
use self::server::Server;
use self::variant::Variant;

/// In which the origin echoes as what the gate let a request through.
const ECHO_HEADER: &str = "X-Lychgate-Access";

/// A target at which there is nothing, so that "not found" is not taken for something that was done.
const NOWHERE: &str = "/lychgate-probe-nowhere/7f3a";

const EXAMPLE: &str = "\
Use a copy of your origin: each plain request is carried out some hundred times, writes too, with headers X-Lychgate-* \
as the gate would send them.

Requests: one JSON object a line, what it does at the origin and how it is sent. At least one read, and one that is more:
  {\"access\":\"read\",\"method\":\"GET\",\"target\":\"/acme/widget/info/refs?service=git-upload-pack\"}
  {\"access\":\"write\",\"method\":\"PUT\",\"target\":\"/api/models/acme/widget/settings\",
   \"headers\":{\"Content-Type\":\"application/json\"},\"body\":\"{\\\"private\\\":true}\"}   (all on one line)

How it is told what the origin did: by the response header X-Effect (or --effect-header), in which the origin, or an \
adapter in it, says what the handler that ran is: public, read, contribute or write. Where an answer has no such header, \
it counts as a plain request's when status, Content-Type and body are the same; so plain requests must be answered the \
same each time. Where the origin also echoes the X-Lychgate-Access that it got, that is held against what it did.

Each request is sent in every known variant to the origin itself and, without a token, with a read token and with a write \
token, through the gate. A case is an answer through the gate by which the origin did more than the asker may: nobody \
what is public (and reads, where the gate forwards plain reads to them), a read token reading.

Exit codes: 0 no case, 1 cases, 2 not used as it must be, 3 nothing can be said (not reached, or not recognised).

Example:
  export LYCHGATE_PROBE_READ_TOKEN=… LYCHGATE_PROBE_WRITE_TOKEN=…
  lychgate probe --origin http://127.0.0.1:3000 --gate http://127.0.0.1:8787 --requests requests.jsonl";

/// The columns of the table.
const HEADINGS: [&str; 6] = ["who", "did", "allowed", "table", "variant", "request"];

/// Sends variants of requests to an origin and through its gate, and reports what the origin did beyond the gate's class.
#[derive(Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Probe {
    /// The origin itself, past the gate: http://HOST:PORT or https://HOST
    #[arg(long, value_name = "URL")]
    origin: String,
    /// The gate in front of it, likewise
    #[arg(long, value_name = "URL")]
    gate: String,
    /// Plain requests to this origin, one JSON object a line
    #[arg(long, value_name = "FILE")]
    requests: PathBuf,
    /// The response header in which the origin says what it did
    #[arg(long, value_name = "NAME", default_value = "X-Effect")]
    effect_header: String,
    /// The route table of the gate, where it is not the shipped one
    #[arg(long, value_name = "FILE")]
    routes: Option<PathBuf>,
    /// Show every variant, not the cases alone
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    tokens: TokenSources,
}

/// All that a probe asks and knows.
struct Prober {
    origin: Server,
    gate: Server,
    askers: Vec<Asker>,
    recognition: Recognition,
    table: RouteTable,
}

impl Probe {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        let mut plains = self.read_requests()?;
        plains.sort_by_key(|plain| plain.access);
        let mut prober = self.prober()?;
        prober.learn(&plains)?;
        prober.check_the_gate(&plains)?;
        let mut summary = Summary::default();
        let mut table = Table::new(HEADINGS);
        for plain in plains.iter().filter(|plain| plain.access != Access::Public) {
            let weaker: Vec<&Plain> = plains
                .iter()
                .filter(|other| other.access < plain.access)
                .collect();
            for variant in variants(plain, &weaker, prober.origin.authority()) {
                let finding = prober.try_out(plain, &variant)?;
                summary.count(&finding);
                if !(self.all || finding.is_case) {
                    continue;
                }
                if options.json {
                    print::json(out, &finding)?;
                } else {
                    table.print(out, &finding.rows(self.all))?;
                }
            }
        }
        // A gate that broke down on the way would have let nothing through for the wrong reason.
        prober.check_the_gate(&plains)?;
        if options.json {
            print::json(out, &summary)?;
        } else {
            writeln!(out, "{summary}")?;
        }
        out.flush()?;
        if summary.cases == 0 {
            return Ok(());
        }
        Err(Failure::Refused {
            code: "origin_disagrees",
            reason: format!(
                "through the gate at {}, the origin did more than was allowed, by {} variants; give its routes their \
                 class in the gate's table (ROUTES), or have the origin read requests as the gate does",
                prober.gate, summary.cases
            ),
        })
    }

    fn read_requests(&self) -> Result<Vec<Plain>, Failure> {
        let file = self.requests.display();
        let text = fs::read_to_string(&self.requests).map_err(|error| {
            Failure::Unusable(format!("the requests in {file} could not be read: {error}"))
        })?;
        let plains = Plain::read_all(&text).map_err(|why| Failure::Usage(format!("{file}: {why}")))?;
        let has_read = plains.iter().any(|plain| plain.access == Access::Read);
        if has_read && plains.iter().any(|plain| plain.access > Access::Read) {
            return Ok(plains);
        }
        Err(Failure::Usage(format!(
            "{file}: expected one request at least whose access is read, and one whose access is contribute or write"
        )))
    }

    fn prober(&self) -> Result<Prober, Failure> {
        let server = |option: &str, url: &str| {
            Server::parse(url)
                .map_err(|why| Failure::Usage(format!("{option} is no server's address: {why}")))
        };
        let table = match &self.routes {
            None => RouteTable::shipped(),
            Some(file) => {
                let text = fs::read_to_string(file).map_err(|error| {
                    Failure::Unusable(format!(
                        "the route table {} could not be read: {error}",
                        file.display()
                    ))
                })?;
                RouteTable::parse(&text)
                    .map_err(|error| Failure::Unusable(format!("{}: {error}", file.display())))?
            }
        };
        Ok(Prober {
            origin: server("--origin", &self.origin)?,
            gate: server("--gate", &self.gate)?,
            askers: self.tokens.askers()?,
            recognition: Recognition::by(&self.effect_header),
            table,
        })
    }
}

impl Prober {
    /// Learns from the origin itself how it answers the plain requests.
    fn learn(&mut self, plains: &[Plain]) -> Result<(), Failure> {
        let nowhere = |plain: &Plain| Variant::plain(plain).at(NOWHERE);
        for plain in plains {
            let asker = Asker::gate(plain.access);
            let variant = Variant::plain(plain);
            let first = self.ask(&self.origin, &variant, &asker)?;
            let second = self.ask(&self.origin, &variant, &asker)?;
            let (Some(first), Some(second)) = (first.first(), second.first()) else {
                return Err(unusable(plain, "the origin gave no answer to it"));
            };
            let nowhere = self.ask(&self.origin, &nowhere(plain), &asker)?;
            self.recognition
                .learn(plain.access, [first, second], nowhere.first())
                .map_err(|why| {
                    let why = match why {
                        Unrecognisable::Failed { status } => {
                            format!("the origin answered it with {status}; expected a request that succeeds there")
                        }
                        Unrecognisable::Contradicted { says } => {
                            format!("the origin says that it did {}; put that as its access", says.name())
                        }
                        Unrecognisable::Unstable => "the origin answered it in two ways when it came twice; have the \
                                                     origin say what it did in --effect-header"
                            .to_owned(),
                        Unrecognisable::Alike => "the origin answers it as it answers a request that does something \
                                                  else, or nothing; have the origin say what it did in --effect-header"
                            .to_owned(),
                    };
                    unusable(plain, &why)
                })?;
        }
        Ok(())
    }

    /// Makes sure that the gate works and stands before this origin: plain requests must get through it, or that none
    /// of their variants does would say nothing.
    fn check_the_gate(&mut self, plains: &[Plain]) -> Result<(), Failure> {
        let mut nobody_reads = false;
        for plain in plains {
            for asker in self.askers.iter().filter(|asker| asker.allowed >= Access::Read) {
                let is_allowed = plain.access <= asker.allowed;
                let answers = self.ask(&self.gate, &Variant::plain(plain), asker)?;
                if is_allowed && self.recognition.effect(&answers) != Some(plain.access) {
                    let status = answers.first().map_or_else(
                        || "no answer".to_owned(),
                        |answer| match answer.header("X-Error-Code") {
                            Some(code) => format!("{} ({code})", answer.status),
                            None => answer.status.to_string(),
                        },
                    );
                    let why = format!(
                        "through the gate, the {} got {status} for it, and not what the origin itself answers; is this \
                         the gate before this origin, and is the token one that it takes?",
                        asker.name
                    );
                    return Err(unusable(plain, &why));
                }
            }
            if let Some(nobody) = self.askers.first().filter(|_| plain.access == Access::Read) {
                let answers = self.ask(&self.gate, &Variant::plain(plain), nobody)?;
                nobody_reads |= self.recognition.effect(&answers) == Some(Access::Read);
            }
        }
        if let Some(nobody) = self.askers.first_mut().filter(|_| nobody_reads)
            && nobody.allowed == Access::Public
        {
            say("The gate lets reads through without a token, so nobody in particular may read.");
            nobody.allowed = Access::Read;
        }
        Ok(())
    }

    /// Sends a variant to the origin itself and, as everyone, through the gate.
    fn try_out(&self, plain: &Plain, variant: &Variant) -> Result<Finding, Failure> {
        let gate = Asker::gate(plain.access);
        // Some variants keep a server waiting for what will not come: all of them wait at once.
        let (direct, through) = thread::scope(|scope| {
            let begun: Vec<_> = self
                .askers
                .iter()
                .map(|asker| scope.spawn(move || self.seen(variant, asker)))
                .collect();
            let direct = self.ask(&self.origin, variant, &gate);
            let through: Vec<_> = begun.into_iter().map(|asked| asked.join()).collect();
            (direct, through)
        });
        let direct = direct?;
        let through = through
            .into_iter()
            .map(|seen| seen.unwrap_or_else(|panicked| panic::resume_unwind(panicked)))
            .collect::<Result<Vec<Seen>, Failure>>()?;
        let class = match Explanation::of(&self.table, &variant.method, &variant.target, &variant.body) {
            Explanation::Known { access, .. } | Explanation::Refused { access, .. } => access,
        };
        Ok(Finding::new(
            plain,
            variant,
            class,
            self.recognition.effect(&direct),
            through,
        ))
    }

    /// What somebody gets through the gate.
    fn seen(&self, variant: &Variant, asker: &Asker) -> Result<Seen, Failure> {
        let answers = self.ask(&self.gate, variant, asker)?;
        // Where the origin tells as what it was asked, that is the gate's class.
        let echoed = answers
            .iter()
            .filter_map(|answer| plain::access_named(answer.header(ECHO_HEADER)?))
            .min();
        Ok(Seen {
            who: asker.name,
            status: answers.first().map(|answer| answer.status),
            did: self.recognition.effect(&answers),
            allowed: echoed.map_or(asker.allowed, |echoed| echoed.min(asker.allowed)),
        })
    }

    fn ask(&self, server: &Server, variant: &Variant, asker: &Asker) -> Result<Vec<Answer>, Failure> {
        server.ask(variant, &asker.headers).map_err(|error| {
            Failure::Unusable(format!(
                "{server} could not be asked: {error}; check that it runs, and its URL"
            ))
        })
    }
}

fn unusable(plain: &Plain, why: &str) -> Failure {
    Failure::Unusable(format!(
        "the plain request {} cannot be used: {why}",
        plain.name()
    ))
}
