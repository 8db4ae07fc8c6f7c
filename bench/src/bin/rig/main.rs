//! Everything around the measured Workers, in a process of its own: tokens and lists (`prepare`, `list`), the origin and
//! Workers KV (`serve`), and the clients (`load`).
//!
//! `rig prepare DIR`
//! `rig serve DIR`
//! `rig list FILE ISSUED REVOKED`
//! `rig load DIR KIND WORK PORT REQUESTS CONNECTIONS FIRST [RATE]`

#[cfg(not(target_arch = "wasm32"))]
mod load;
#[cfg(not(target_arch = "wasm32"))]
mod message;
#[cfg(not(target_arch = "wasm32"))]
mod prepare;
#[cfg(not(target_arch = "wasm32"))]
mod serve;
#[cfg(not(target_arch = "wasm32"))]
mod work;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["prepare", folder] => prepare::prepare(folder.as_ref()),
        ["list", file, issued, revoked] => {
            let sealed = lychgate_bench::sealed_list(issued.parse()?, revoked.parse()?)?;
            Ok(std::fs::write(file, sealed)?)
        }
        ["serve", folder] => serve::serve(folder.as_ref()),
        [
            "load",
            folder,
            kind,
            work,
            port,
            requests,
            connections,
            first,
            rate @ ..,
        ] => {
            let rate = rate.first().map(|rate| rate.parse()).transpose()?;
            let load = load::Load {
                address: format!("127.0.0.1:{port}"),
                connections: connections.parse()?,
                first: first.parse()?,
                requests: requests.parse()?,
                rate,
            };
            println!("{}", load.run(&work::Work::read(folder.as_ref(), kind, work)?)?);
            Ok(())
        }
        _ => Err("expected prepare, serve, list or load; see the top of bench/src/bin/rig/main.rs".into()),
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {}
