//! `lychgate explain`: what a request does, for one request or for lines of requests; and the gate's decision for a token.

mod reasons;

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};

use clap::Args;
use lychgate::policy::Explanation;
use lychgate::routes::RouteTable;

use self::reasons::Supposition;
use crate::Options;
use crate::failure::Failure;
use crate::print;
use crate::route_table::RouteTableOption;

/// How much of standard input is read at once: a pipe's usual capacity.
const INPUT_BYTES: usize = 64 * 1024;

const USAGE: &str = "\
lychgate explain [OPTIONS] <METHOD> <TARGET>
       lychgate explain [OPTIONS] --stdin";

const EXAMPLE: &str = "\
The class follows from method, target and body alone. With --role or --token-file, the gate's decision follows, step by \
step: what such a token may do, and, if the request is refused, the response that git, git-lfs, Hub clients, browsers and \
everyone else receive. A refused request is explained too: the exit code is 0.

With --stdin, each line is METHOD<TAB>TARGET<TAB>BODY, where the body is optional. Each line yields one JSON object: \
{\"access\",\"rule\",\"table\",\"line\",\"namespace\",\"target\"}, or {\"access\":\"refused\",\"code\",\"reason\"}.

Examples:
  lychgate explain GET '/acme/widget/info/refs?service=git-receive-pack'
  lychgate explain POST /api/2.0/mlflow/runs/search --routes mlflow
  lychgate explain PUT /npm/@acme%2fwidget --routes hub+npm@/npm
  lychgate explain POST /acme/widget/git-receive-pack --role write --subject alice --members members.json
  lychgate explain GET /acme/other/resolve/main/x --role read --subject alice --restriction repositories=acme/widget
  lychgate explain GET /acme/widget/resolve/main/x --token-file token.txt --address 203.0.113.7
  lychgate explain POST /acme/widget.git/info/lfs/objects/batch --body '{\"operation\":\"download\"}'
  printf 'GET\\t/acme/widget\\nPOST\\t/acme//widget\\n' | lychgate explain --stdin";

/// Shows what a request does (public, read, contribute or write) and which rule says so.
#[derive(Args)]
#[command(after_help = EXAMPLE, override_usage = USAGE)]
pub(crate) struct Explain {
    /// The method, in capitals
    #[arg(required_unless_present = "stdin", requires = "target")]
    method: Option<OsString>,
    /// The raw request target: path and query
    target: Option<OsString>,
    /// The body; it determines the class of git-lfs batches and of a few other requests
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    body: Option<OsString>,
    /// Read requests from standard input, one per line, and answer each with a line of JSON
    #[arg(long, conflicts_with_all = ["method", "target", "body", "supposed"])]
    stdin: bool,
    #[command(flatten)]
    routes: RouteTableOption,
    #[command(flatten)]
    supposition: Supposition,
}

impl Explain {
    pub(crate) fn run(&self, options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
        if self.stdin {
            return explain_lines(&self.routes.read()?, out);
        }
        let bytes = |argument: &Option<OsString>| {
            argument
                .as_ref()
                .map(|argument| argument.as_encoded_bytes().to_vec())
                .unwrap_or_default()
        };
        let body = bytes(&self.body);
        if let Some(reasoning) =
            self.supposition
                .reason(|| self.routes.read(), &self.method, &self.target, &body)?
        {
            if options.json {
                return print::json(out, &reasoning);
            }
            return reasons::print(&reasoning, out);
        }
        let table = self.routes.read()?;
        let explanation = Explanation::of(&table, &bytes(&self.method), &bytes(&self.target), &body);
        if options.json {
            return print::json(out, &explanation);
        }
        self.print_for_people(&explanation, out)
    }

    fn print_for_people(&self, explanation: &Explanation, out: &mut dyn Write) -> Result<(), Failure> {
        match explanation {
            Explanation::Known {
                access,
                rule,
                table,
                line,
                namespace,
                target,
                body_decides,
            } => {
                print::fact(out, "access", access)?;
                match (line, table.as_deref().or(self.routes.file())) {
                    (Some(line), Some(table)) => {
                        print::fact(out, "rule", format!("{rule} (line {line} of {table})"))?;
                    }
                    (Some(line), None) => print::fact(out, "rule", format!("{rule} (line {line})"))?,
                    (None, _) => print::fact(out, "rule", rule)?,
                }
                print::fact(out, "namespace", namespace.as_deref().unwrap_or("none"))?;
                print::fact(out, "target", target)?;
                if *body_decides && self.body.is_none() {
                    print::fact(
                        out,
                        "note",
                        "the body determines the class, and none was given: see --body",
                    )?;
                }
                Ok(())
            }
            Explanation::Refused { access, code, reason } => {
                print::fact(out, "access", access)?;
                print::fact(out, "code", code)?;
                print::fact(out, "reason", reason)
            }
        }
    }
}

/// Answers every line, in order. Answers are buffered only while more lines are waiting, so a program can ask line by
/// line.
fn explain_lines(table: &RouteTable, out: &mut dyn Write) -> Result<(), Failure> {
    let mut input = BufReader::with_capacity(INPUT_BYTES, io::stdin().lock());
    let mut line = Vec::new();
    loop {
        if input.buffer().is_empty() {
            out.flush()?;
        }
        line.clear();
        let read = input
            .read_until(b'\n', &mut line)
            .map_err(|error| Failure::Unusable(format!("standard input could not be read: {error}")))?;
        if read == 0 {
            return Ok(());
        }
        let request = line.strip_suffix(b"\n").unwrap_or(&line);
        let request = request.strip_suffix(b"\r").unwrap_or(request);
        let mut parts = request.splitn(3, |byte| *byte == b'\t');
        let mut part = || parts.next().unwrap_or_default();
        print::json(out, &Explanation::of(table, part(), part(), part()))?;
    }
}
