//! The requests of clients, ready to be sent.

use std::error::Error;
use std::fs;
use std::path::Path;

const MEBIBYTE: u64 = 1 << 20;

/// Fields that edges add and that a Hub client sends, in addition to host and token.
const USUAL_FIELDS: &str = "User-Agent: hf_hub/1.2.0; python/3.12.3; requests/2.32.3\r\n\
    Accept: */*\r\n\
    Accept-Encoding: gzip, deflate\r\n\
    CF-Connecting-IP: 203.0.113.7\r\n\
    CF-IPCountry: DE\r\n\
    CF-Ray: 8f0a1b2c3d4e5f60-FRA\r\n\
    CF-Visitor: {\"scheme\":\"https\"}\r\n\
    CDN-Loop: cloudflare; loops=1\r\n\
    X-Forwarded-For: 203.0.113.7\r\n";

/// A kind of request.
pub struct Work {
    /// The messages, which are sent in turn.
    pub messages: Vec<Vec<u8>>,
    /// The number of filler bytes behind each message.
    pub filler: u64,
    /// The status that the response must have.
    pub status: &'static str,
}

/// The parts of a request of one kind, before its tokens are read.
struct Shape {
    method: &'static str,
    /// The targets, which take turns.
    targets: Vec<String>,
    /// The kind of tokens, as the files of `prepare` are named.
    tokens: &'static str,
    body: &'static str,
    /// The number of filler bytes behind the body.
    filler: u64,
    status: &'static str,
}

impl Work {
    /// The work of this name, with the tokens of one kind of gate.
    pub fn read(folder: &Path, kind: &str, name: &str) -> Result<Self, Box<dyn Error>> {
        let shape = shape(name).ok_or_else(|| format!("there is no work {name}"))?;
        let tokens = fs::read_to_string(folder.join("tokens").join(format!("{kind}-{}", shape.tokens)))?;
        let length = shape.body.len() as u64 + shape.filler;
        let body_fields = match length {
            0 => String::new(),
            _ => format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"),
        };
        let message = |(token, target): (&str, &String)| {
            format!(
                "{} {target} HTTP/1.1\r\nHost: hub.example\r\nAuthorization: Bearer {token}\r\n{USUAL_FIELDS}{body_fields}\r\n{}",
                shape.method, shape.body
            )
            .into_bytes()
        };
        Ok(Self {
            messages: tokens
                .lines()
                .zip(shape.targets.iter().cycle())
                .map(message)
                .collect(),
            filler: shape.filler,
            status: shape.status,
        })
    }
}

/// What a read of a registry and of MLflow asks for.
const MANIFEST: &str = "/v2/acme/app/manifests/latest";
const BLOB: &str =
    "/v2/acme/app/blobs/sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
const RUN: &str = "/api/2.0/mlflow/runs/get?run_id=8d5e957f297893487bd98fa830fa6413";
const ARTIFACT: &str =
    "/api/2.0/mlflow-artifacts/artifacts/1/8d5e957f297893487bd98fa830fa6413/artifacts/model/MLmodel";

/// The parts of the work of this name.
fn shape(name: &str) -> Option<Shape> {
    let read_any = |targets: &[&str]| Shape {
        method: "GET",
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        tokens: "read",
        body: "",
        filler: 0,
        status: "200",
    };
    let read = |target: &str| read_any(&[target]);
    let refused = |tokens| Shape {
        tokens,
        status: "401",
        ..read("/acme/widget/resolve/main/config.json")
    };
    let upload = |bytes| Shape {
        method: "PUT",
        tokens: "write",
        filler: bytes,
        ..read("/acme/widget.git/info/lfs/objects/0123456789abcdef")
    };
    Some(match name {
        "read" => read("/acme/widget/resolve/main/config.json"),
        "read-new" => Shape {
            tokens: "new",
            ..read("/acme/widget/resolve/main/config.json")
        },
        "oci" => read_any(&[MANIFEST, BLOB]),
        "mlflow" => read_any(&[RUN, ARTIFACT]),
        "joined" => read_any(&["/acme/widget/resolve/main/config.json", BLOB, "/simple/widget/"]),
        "forged" => refused("forged"),
        "expired" => refused("expired"),
        "revoked" => refused("revoked"),
        "wrong-role" => Shape {
            method: "POST",
            status: "403",
            ..read("/api/models/acme/widget/branch/next")
        },
        "write" => Shape {
            method: "POST",
            tokens: "write",
            body: r#"{"startingPoint":"main"}"#,
            ..read("/api/models/acme/widget/branch/next")
        },
        "git-refs" => read("/acme/widget.git/info/refs?service=git-upload-pack"),
        "lfs-batch" => Shape {
            method: "POST",
            body: r#"{"operation":"download","transfers":["basic"],"ref":{"name":"refs/heads/main"},"objects":[{"oid":"4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393","size":12345},{"oid":"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03","size":6}],"hash_algo":"sha256"}"#,
            ..read("/acme/widget.git/info/lfs/objects/batch")
        },
        "down-1-mib" => read(&format!("/acme/widget/resolve/main/bytes-{MEBIBYTE}")),
        "down-100-mib" => read(&format!("/acme/widget/resolve/main/bytes-{}", 100 * MEBIBYTE)),
        "up-1-mib" => upload(MEBIBYTE),
        "up-100-mib" => upload(100 * MEBIBYTE),
        _ => return None,
    })
}
