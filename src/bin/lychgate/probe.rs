//! `lychgate probe`: searches for requests that an origin interprets as more than the gate in front of it does.

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
use lychgate::routes::Access;
use serde::Serialize;

use crate::Options;
use crate::failure::{Failure, say};
use crate::print;
use crate::route_table::RouteTableOption;
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
Use a copy of your origin: each plain request, writes included, is carried out some thousand times, with headers \
X-Lychgate-* as the gate would send them. The probe sends nothing to any address other than --origin and --gate.

Requests: one JSON object per line says how the request is sent and what it does at the origin. The file needs at least \
one read, and one request that does more; use the same repository for all if you can:
  {\"access\":\"read\",\"method\":\"GET\",\"target\":\"/acme/widget/HEAD\"}
  {\"access\":\"write\",\"method\":\"PUT\",\"target\":\"/acme/widget/settings\",
   \"headers\":{\"Content-Type\":\"application/json\"},\"body\":\"{\\\"private\\\":true}\"}   (on one line)
  {\"access\":\"read\",\"method\":\"GET\",\"target\":\"/whoami\",\"subject\":{\"pointer\":\"/name\"}}

How the probe learns what the origin did: the origin, or an adapter in it, names the class of the handler that ran (public, \
read, contribute or write) in the response header X-Effect (or --effect-header). A response without this header counts as \
the response of a plain request if status, Content-Type and body are equal; the responses of plain requests must therefore \
always be the same. The probe reads the subject that the origin saw from X-Seen-Subject (or --subject-header). A line can \
name another place: {\"header\":NAME}, or {\"pointer\":POINTER} into a JSON body (RFC 6901). If the origin repeats the \
X-Lychgate-Access that it received as X-Probe-Access in its response, the probe compares it with what the origin did.

The probe sends each request in every known variant to the origin itself and through the gate: without a token (nobody), \
with the read token (reader), and, if they are given, with the write token (writer) and the outsider's token (outsider). \
Without a token, only public requests are allowed, and reads with --anonymous. The reader may read. The outsider, who is \
not a member of the requests' namespaces, may contribute. A case is a response through the gate that shows one of these:
  more than allowed  the origin did more than the asker may
  another subject    the origin saw another subject than with the plain request
  another access     the origin saw a class above the asker's

With --fuzz, the probe sends no variants but N requests through the gate as reader, outsider, and nobody (with \
--anonymous). Each is a request that the asker may not make, with one to three bytes changed in its target, in a header \
or in its body. The same seed makes the same requests.

Output with --json: one object per line for each case (with --all, for each variant); the last line is the summary.
  variant  kind, plain, access, method, target, headers, body (as sent), note, case,
           table (the route table's class), origin (what it did there, or null),
           origin_subject, gate (one object for each asker)
  asker    who, status, did, allowed, subject (seen by the origin), of (told by the gate),
           finding (null, or as above), repeat (a line for a shell, if it is a case)
  fuzz     as a variant, without note, origin and gate; number, seed; as one asker
  summary  variants, origin_differs, cases; of a fuzz: seed, fuzzed, recognised (a known
           handler ran), unanswered, cases

Exit codes: 0 no case, 1 cases, 2 wrong usage, 3 no result (a server was not reached, or its responses not recognised).

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
    /// The origin itself, without the gate: http://HOST:PORT or https://HOST
    #[arg(long, value_name = "URL")]
    origin: String,
    /// The gate in front of the origin, in the same form
    #[arg(long, value_name = "URL")]
    gate: String,
    /// Plain requests to this origin, one JSON object per line
    #[arg(long, value_name = "FILE")]
    requests: PathBuf,
    /// The response header in which the origin names the class of the handler that ran
    #[arg(long, value_name = "NAME", default_value = "X-Effect")]
    effect_header: String,
    /// The response header in which the origin names the subject that it saw
    #[arg(long, value_name = "NAME", default_value = "X-Seen-Subject")]
    subject_header: String,
    /// The gate allows anonymous reads (ANONYMOUS = "reads"), so a read without a token is not a case
    #[arg(long)]
    anonymous: bool,
    /// A path under which the origin is also mounted, such as /hub; may be given more than once
    #[arg(long = "prefix", value_name = "PATH", value_parser = prefix)]
    prefixes: Vec<String>,
    /// Instead of the variants, send this many requests with changed bytes through the gate
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=fuzz::MAXIMUM_REQUESTS))]
    fuzz: Option<u64>,
    /// Send at most this many variants of each kind for each request: the most usual one, and others chosen by the seed
    /// [default: all]
    #[arg(long, value_name = "N", conflicts_with = "fuzz", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// The seed of the fuzz or of the sample [default: random, and printed]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// The number of variants or requests sent at the same time; 1 for servers that serve one at a time
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    #[command(flatten)]
    routes: RouteTableOption,
    /// Show every variant and not only the cases
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
                "through the gate at {}, {cases} requests made the origin do more than was allowed, or see another \
                 subject; give its routes their class in the gate's table (ROUTES), or make the origin interpret requests \
                 as the gate does",
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
            // Progress is only for people who wait at a terminal.
            if std::io::stderr().is_terminal() {
                say(&format!("{}: {} variants", plain.name(), variants.len()));
            }
            for finding in prober.compare_all(plain, &variants)? {
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

    /// The seed. It is printed, so the same requests can be sent again.
    fn seed(&self) -> Result<u64, Failure> {
        let seed = match self.seed {
            Some(seed) => seed,
            None => getrandom::u64().map_err(|error| {
                Failure::Unusable(format!(
                    "the system provides no random seed: {error}; give one with --seed"
                ))
            })?,
        };
        say(&format!("The seed is {seed}."));
        Ok(seed)
    }

    /// Prints the summary, after checking that the gate still works.
    fn end(
        &self,
        options: &Options,
        prober: &Prober,
        plains: &[Plain],
        summary: &(impl Serialize + Display),
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        // A gate that broke down during the probe would have refused the requests for the wrong reason.
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
            "{file}: expected at least one request whose access is read, and one whose access is contribute or write"
        )))
    }

    fn prober(&self) -> Result<Prober, Failure> {
        let server = |option: &str, url: &str| {
            Server::parse(url).map_err(|why| Failure::Usage(format!("{option} is not a server's URL: {why}")))
        };
        let table = self.routes.read()?;
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

/// Parses a mount prefix of the command line.
fn prefix(text: &str) -> Result<String, String> {
    let prefix = text.trim_end_matches('/');
    if prefix.starts_with('/') && prefix.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'?') {
        return Ok(prefix.to_owned());
    }
    Err("expected a path such as /hub, of visible ASCII".to_owned())
}
