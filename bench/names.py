"""What reports call contenders and works."""

NAMES = {
    "bare": "forwarder, bare",
    "edits": "forwarder that edits headers (the limit)",
    "edits-again": "the same once more (A/A)",
    "edits-zone": "the same, before the zone's own origin",
    "edits-zone-again": "the same once more (A/A)",
    "lychgate": "**Lychgate**",
    "lychgate-zone": "Lychgate, before the zone's own origin",
    "lychgate-restricted": "Lychgate, tokens with two restrictions",
    "lychgate-oci": "Lychgate, table `oci`",
    "lychgate-mlflow": "Lychgate, table `mlflow`",
    "lychgate-joined": "Lychgate, tables `hub+oci+pypi`",
    "jose-tuned": "jose, key imported once",
    "jose-tuned-again": "the same once more (A/A)",
    "jose-documented": "jose, as documented",
    "hono": "Hono's JWT middleware",
    "worker-jwt": "@tsndr/cloudflare-worker-jwt",
}
WORKS = {
    "read": "read of a file, 1,500 tokens in turn",
    "read-new": "read of a file, each with a token not met before",
    "oci": "reads of a registry: a manifest and a blob in turn",
    "mlflow": "reads of MLflow: a run and an artifact in turn",
    "joined": "reads of a hub, a registry and a package index in turn",
    "forged": "refusal: forged token",
    "expired": "refusal: expired token",
    "revoked": "refusal: revoked token",
    "wrong-role": "refusal: read token that writes",
    "write": "small write",
    "git-refs": "git `info/refs`",
    "lfs-batch": "git-lfs batch",
    "down-1-mib": "download of 1 MiB",
    "up-1-mib": "upload of 1 MiB",
    "down-100-mib": "download of 100 MiB",
    "up-100-mib": "upload of 100 MiB",
}
# What of an isolate's first answers is measured.
MOMENTS = {
    "process": "from starting workerd to the first answer",
    "first_request": "from the first request to its answer, once workerd listens",
    "second_request": "the second request",
    "isolate": "the first answer of a new isolate in a running workerd",
}
# What is counted on a simulated processor.
SIMULATED = {
    "instructions": "instructions",
    "instruction_misses": "misses of the first level, instructions",
    "data_misses": "the same, data",
    "second_level_misses": "misses of the second level",
}
