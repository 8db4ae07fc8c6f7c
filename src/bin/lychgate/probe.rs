//! `lychgate probe`: whether an origin reads any request as more than the gate in front of it does.

mod answer;
mod asker;
mod disguise;
mod finding;
mod fuzz;
mod plain;
mod prober;
mod random;
mod recognition;
mod repeat;
mod sample;
mod server;
mod variant;

use std::fmt::Display;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use lychgate::{Access, RouteTable};
use serde::Serialize;

use crate::Options;
use crate::failure::{Failure, say};
use crate::print;
use crate::table::Table;

use self::asker::TokenSources;
use self::disguise::{Scene, variants};
use self::finding::Summary;
use self::fuzz::Fuzz;
use self::plain::Plain;
use self::prober::Prober;
use self::recognition::Recognition;
use self::server::Server;

const EXAMPLE: &str = "\
Use a copy of your origin: each plain request is carried out some thousand times, writes too, with headers X-Lychgate-* \
as the gate would send them. Nothing is sent to any other address than --origin and --gate.

Requests: one JSON object a line, what it does at the origin and how it is sent. At least one read, and one that is \
more; best all for one repository:
  {\"access\":\"read\",\"method\":\"GET\",\"target\":\"/acme/widget/HEAD\"}
  {\"access\":\"write\",\"method\":\"PUT\",\"target\":\"/acme/widget/settings\",
   \"headers\":{\"Content-Type\":\"application/json\"},\"body\":\"{\\\"private\\\":true}\"}   (on one line)
  {\"access\":\"read\",\"method\":\"GET\",\"target\":\"/whoami\",\"subject\":{\"pointer\":\"/name\"}}

How the probe learns what the origin did: from the response header X-Effect (or --effect-header), in which the origin, or an \
adapter in it, says what the handler that ran is: public, read, contribute or write. Where an answer has no such header, \
it counts as a plain request's when status, Content-Type and body are the same; so plain requests must be answered the \
same each time. The subject that the origin saw is read from X-Seen-Subject (or --subject-header). A request's line can \
name another place: {\"header\":NAME}, or {\"pointer\":POINTER} into a JSON body (RFC 6901). If the origin also echoes the \
X-Lychgate-Access that it got, that is held against what it did.

Each request is sent in every known variant to the origin itself and through the gate: without a token (nobody), with the \
read token (reader), and with the write token (writer) and the outsider's (outsider) if they are given. Without a token \
only public requests may be made, and reads with --anonymous; the reader may read; the outsider, who is no member of the \
requests' namespaces, may contribute. A case is an answer through the gate that shows one of
  more than allowed  the origin did more than this asker may
  another subject    the origin saw another subject than at the plain request
  another access     the origin saw a class above this asker's

With --fuzz the variants are left out. N requests go through the gate for the reader, the outsider, and nobody (with \
--anonymous), each a request that they may not make, with one to three bytes of its target, a header or its body changed. \
The same seed makes the same requests.

Output with --json: one object a line for each case (with --all, for each variant), the summary on the last line.
  variant  kind, plain, access, method, target, headers, body (as sent), note, case,
           table (the route table's class), origin (what it did there, or null),
           origin_subject, gate (one object for each asker)
  asker    who, status, did, allowed, subject (seen by the origin), of (told by the gate),
           finding (null, or as above), repeat (a line for a shell, if it is a case)
  fuzz     as a variant, without note, origin and gate; number, seed; as one asker
  summary  variants, origin_differs, cases; of a fuzz: seed, fuzzed, recognised (a known
           handler ran), unanswered, cases

Exit codes: 0 no case, 1 cases, 2 not used as it must be, 3 nothing can be said (not reached, or not recognised).

Example:
  export LYCHGATE_PROBE_READ_TOKEN=… LYCHGATE_PROBE_WRITE_TOKEN=…
  lychgate probe --origin http://127.0.0.1:3000 --gate http://127.0.0.1:8787 \\
    --requests requests.jsonl
  lychgate probe --origin http://127.0.0.1:3000 --gate http://127.0.0.1:8787 \\
    --requests requests.jsonl --fuzz 20000 --jobs 8";

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
    /// The response header in which the origin says the subject that it took the request for
    #[arg(long, value_name = "NAME", default_value = "X-Seen-Subject")]
    subject_header: String,
    /// The gate lets anybody read (ANONYMOUS = "reads"): what is done without a token may be a read
    #[arg(long)]
    anonymous: bool,
    /// A path under which the origin is mounted too, such as /hub; may come again
    #[arg(long = "prefix", value_name = "PATH", value_parser = prefix)]
    prefixes: Vec<String>,
    /// Send this many requests with changed bytes through the gate, instead of the variants
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=fuzz::MAXIMUM_REQUESTS))]
    fuzz: Option<u64>,
    /// Send at most this many variants of each kind of each request: the usual one, and others drawn by the seed
    /// [default: all]
    #[arg(long, value_name = "N", conflicts_with = "fuzz", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// The seed of the fuzz or of the sample [default: drawn, and printed]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// How many variants or requests are on their way at once; 1 for servers that take one at a time
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// The route table of the gate, where it is not the shipped one
    #[arg(long, value_name = "FILE")]
    routes: Option<PathBuf>,
    /// Show every variant, not the cases alone
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    tokens: TokenSources,
}

impl Probe {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        if self.seed.is_some() && self.fuzz.is_none() && self.sample.is_none() {
            return Err(Failure::Usage("--seed needs --fuzz or --sample".to_owned()));
        }
        let mut plains = self.read_requests()?;
        plains.sort_by_key(|plain| plain.access);
        let mut prober = self.prober()?;
        prober.learn(&plains)?;
        prober.check_the_gate(&plains)?;
        let cases = match self.fuzz {
            None => self.send_variants(options, &prober, &plains, out)?,
            Some(count) => self.send_fuzz(count, options, &prober, &plains, out)?,
        };
        if cases == 0 {
            return Ok(());
        }
        Err(Failure::Refused {
            code: "origin_disagrees",
            reason: format!(
                "through the gate at {}, {cases} requests had the origin do more than was allowed, or take somebody for \
                 another; give its routes their class in the gate's table (ROUTES), or have the origin read requests as \
                 the gate does",
                prober.gate
            ),
        })
    }

    fn send_variants(
        &self,
        options: &Options,
        prober: &Prober,
        plains: &[Plain],
        out: &mut dyn Write,
    ) -> Result<u64, Failure> {
        let sample = match self.sample {
            Some(most) => Some((usize::try_from(most).unwrap_or(usize::MAX), self.seed()?)),
            None => None,
        };
        let mut summary = Summary::default();
        let mut table = Table::new(HEADINGS);
        for plain in plains.iter().filter(|plain| plain.access != Access::Public) {
            let scene = Scene::of(plain, plains, prober.origin.authority(), &self.prefixes);
            let mut variants = variants(&scene);
            if let Some((most, seed)) = sample {
                variants = sample::of(variants, most, seed);
            }
            // Progress is for people who wait.
            if std::io::stderr().is_terminal() {
                say(&format!("{}: {} variants", plain.name(), variants.len()));
            }
            for finding in prober.try_out_all(plain, &variants)? {
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
        self.end(options, prober, plains, &summary, out)?;
        Ok(summary.cases)
    }

    fn send_fuzz(
        &self,
        count: u64,
        options: &Options,
        prober: &Prober,
        plains: &[Plain],
        out: &mut dyn Write,
    ) -> Result<u64, Failure> {
        let seed = self.seed()?;
        let fuzz = Fuzz { count, seed };
        let shown = (self.all, options.json);
        let summary = fuzz.run(prober, plains, &self.prefixes, shown, out)?;
        self.end(options, prober, plains, &summary, out)?;
        Ok(summary.cases)
    }

    /// The seed, which is told: with it, the same requests can be sent again.
    fn seed(&self) -> Result<u64, Failure> {
        let seed = match self.seed {
            Some(seed) => seed,
            None => getrandom::u64().map_err(|error| {
                Failure::Unusable(format!("no seed can be drawn: {error}; give one with --seed"))
            })?,
        };
        say(&format!("The seed is {seed}."));
        Ok(seed)
    }

    /// Prints the summary, if the gate still does what it did.
    fn end(
        &self,
        options: &Options,
        prober: &Prober,
        plains: &[Plain],
        summary: &(impl Serialize + Display),
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        // A gate that broke down on the way would have let nothing through for the wrong reason.
        prober.check_the_gate_again(plains)?;
        if options.json {
            print::json(out, summary)?;
        } else {
            writeln!(out, "{summary}")?;
        }
        Ok(out.flush()?)
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
        let nobody_may = if self.anonymous {
            Access::Read
        } else {
            Access::Public
        };
        Ok(Prober {
            origin: server("--origin", &self.origin)?,
            gate: server("--gate", &self.gate)?,
            askers: self.tokens.askers(nobody_may)?,
            recognition: Recognition::by(&self.effect_header, &self.subject_header),
            table,
            jobs: usize::from(self.jobs),
        })
    }
}

/// A mount prefix as the command line takes it.
fn prefix(text: &str) -> Result<String, String> {
    let prefix = text.trim_end_matches('/');
    if prefix.starts_with('/') && prefix.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?') {
        return Ok(prefix.to_owned());
    }
    Err("expected a path such as /hub, of visible ASCII".to_owned())
}
