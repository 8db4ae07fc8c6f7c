//! Generates the JavaScript that loads a WebAssembly module: `wasm-bindgen MODULE --out-dir DIR --out-name NAME
//! --target web --no-typescript`.
//!
//! It has the same names for those options of the official command line that this project uses, and refuses all others.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    match run(std::env::args_os().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasm-bindgen: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let mut bindgen = Bindgen::new();
    let mut module = None;
    let mut out_dir = None;
    let mut is_for_the_web = false;
    // The library's own default differs.
    bindgen.omit_default_module_path(false);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .with_context(|| format!("{} needs a value", argument.display()))
        };
        match argument.to_str() {
            Some("--out-dir") => out_dir = Some(PathBuf::from(value()?)),
            Some("--out-name") => {
                bindgen.out_name(&value()?.to_string_lossy());
            }
            Some("--target") => {
                if value()? != "web" {
                    bail!("--target: only web is supported");
                }
                is_for_the_web = true;
                bindgen.web(true)?;
            }
            Some("--no-typescript") => {
                bindgen.typescript(false);
            }
            Some("--omit-default-module-path") => {
                bindgen.omit_default_module_path(true);
            }
            Some("--experimental-reset-state-function") => {
                bindgen.reset_state_function(true);
            }
            Some("--force-enable-abort-handler") => {
                bindgen.force_enable_abort_handler(true);
            }
            Some(option) if option.starts_with('-') => bail!("unknown option {option}"),
            _ if module.is_none() => module = Some(PathBuf::from(argument)),
            _ => bail!("a second module: {}", argument.display()),
        }
    }
    if !is_for_the_web {
        bail!("expected --target web");
    }
    let module = module.context("expected the path of a module")?;
    let out_dir = out_dir.context("expected --out-dir")?;
    bindgen.input_path(module).generate(out_dir)
}
