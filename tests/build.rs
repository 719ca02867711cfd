//! Makes the hostile components: one that holds each file in `hostile/attacks`, and those of `hostile/bombs.rs`.
//! `foreach_attack!` names all attacks, for a test to be demanded of each.

#[path = "hostile/bombs.rs"]
mod bombs;
#[path = "../host-harness/host/build/component.rs"]
mod component;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use wasm_encoder::{ComponentSection, InstanceSection, RawSection};

const ATTACKS: &str = "tests/hostile/attacks";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("TARGET").is_ok_and(|target| target.ends_with("-linux-gnu")) {
        // The programs are started thousands of times, and an unoptimised one has a quarter of a million addresses that would be
        // corrected at every start: a sixth of what a command takes. Elsewhere the linker doesn't know the word.
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("cargo::error={reason}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let crate_folder = PathBuf::from(component::variable("CARGO_MANIFEST_DIR")?);
    let workspace = crate_folder
        .parent()
        .ok_or("the crate has no workspace around it")?;
    let sources = [
        "tests/hostile",
        "guest/src/bindings.rs",
        "core/src/types.rs",
    ];
    let built = component::build(workspace, "hostile", &sources)?;
    let base = fs::read(&built).map_err(|error| error.to_string())?;
    let out = PathBuf::from(component::variable("OUT_DIR")?);

    let mut names = Vec::new();
    let folder = workspace.join(ATTACKS);
    for entry in fs::read_dir(&folder).map_err(|error| format!("{ATTACKS}: {error}"))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .ok_or_else(|| format!("{}: no name", path.display()))?;
        names.push(name.to_owned());
    }
    let mut bombs = bombs::components();
    for (name, module) in bombs::modules() {
        bombs.push((name, started_inside(&base, &module)?));
    }
    let mut arms = String::new();
    for (name, bytes) in &bombs {
        let file = out.join(format!("{name}.wasm"));
        fs::write(&file, bytes).map_err(|error| error.to_string())?;
        names.push((*name).to_owned());
        let _ = writeln!(
            arms,
            "        {name:?} => Some(include_bytes!({file:?}) as &[u8]),"
        );
    }
    names.sort();
    let mut uses = String::new();
    for name in &names {
        let _ = writeln!(uses, "        $each!({name});");
    }
    let text = format!(
        "/// Calls a macro with the name of every attack.\n#[allow(unused_macros, reason = \"where not all can be tried, none is demanded\")]\nmacro_rules! foreach_attack {{\n    ($each:ident) => {{\n\
         {uses}    }};\n}}\n\n/// The one component of all attacks that are steps.\npub const ATTACKS: &[u8] = include_bytes!({built:?});\n\n/// \
         The component that is an attack itself, of that name.\npub fn bomb(name: &str) -> Option<&'static [u8]> {{\n    \
         match name {{\n{arms}        _ => None,\n    }}\n}}\n"
    );
    fs::write(out.join("attacks.rs"), text).map_err(|error| error.to_string())
}

/// The honest component with one more core module, instantiated after all others. Sections may follow in any order.
fn started_inside(base: &[u8], module: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = base.to_vec();
    let modules = own_modules(base)?;
    RawSection {
        id: wasm_encoder::ComponentSectionId::CoreModule.into(),
        data: module,
    }
    .append_to_component(&mut bytes);
    let mut instances = InstanceSection::new();
    instances.instantiate::<[(&str, wasm_encoder::ModuleArg); 0], &str>(modules, []);
    instances.append_to_component(&mut bytes);
    Ok(bytes)
}

/// How many core modules a component has itself, without those of components inside it. A component is eight bytes and
/// then sections: an id, a length, and that many bytes.
fn own_modules(component: &[u8]) -> Result<u32, String> {
    let mut rest = component.get(8..).unwrap_or_default();
    let mut modules = 0;
    while let Some((id, after)) = rest.split_first() {
        let (length, content) = leb128(after).ok_or("the hostile component is damaged")?;
        rest = content
            .get(length..)
            .ok_or("the hostile component is cut off")?;
        modules += u32::from(*id == u8::from(wasm_encoder::ComponentSectionId::CoreModule));
    }
    Ok(modules)
}

/// A number in LEB128, and what comes after it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let number = bytes[..=last]
        .iter()
        .rev()
        .fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f));
    Some((number, &bytes[last + 1..]))
}
