//! Writes `wit/world.wit` in Rust, for the guest and for the hostile components of the tests: `guest/src/bindings.rs`.
//! `write` brings it up to date; without it, it is named if it isn't.
//!
//! A program and not the macro of `wit-bindgen`, so that whoever builds a component doesn't build first what makes this.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use capabilities::Generated;
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};
use wit_bindgen_rust::{Opts, WithOption};

const WORLD: &str = "libtv-video";
/// The records are the core's own types: what the core answers leaves without being copied into another type.
const TYPES: (&str, &str) = ("libtv:video/types@0.2.0", "libtv_video_core::types");
const HEAD: &str =
    "// Written from wit/world.wit by `cargo run -p bindings -- write`. Not to be edited.\n";

fn main() -> ExitCode {
    capabilities::main_of(|workspace| {
        let text = bindings(&workspace.join("wit")).map_err(|error| error.to_string())?;
        Ok(vec![Generated {
            path: workspace.join("guest/src/bindings.rs"),
            text,
        }])
    })
}

fn bindings(wit: &Path) -> Result<String, Box<dyn Error + Send + Sync>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(WORLD))?;
    let (interface, path) = TYPES;
    let options = Opts {
        pub_export_macro: true,
        with: vec![(interface.to_owned(), WithOption::Path(path.to_owned()))],
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    let (_, text) = files.iter().next().ok_or("the world has no bindings")?;
    Ok(format!("{HEAD}{}", std::str::from_utf8(text)?))
}
