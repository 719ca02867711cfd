//! Makes the hostile components: one of each file in `hostile/attacks`, chosen by writing its name into the one module
//! that holds them all, and those of `hostile/bombs.rs`. `foreach_attack!` names all of them, for a test to be demanded
//! of each.

#[path = "hostile/bombs.rs"]
mod bombs;
#[path = "../host-harness/host/build/component.rs"]
mod component;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use wasm_encoder::{ComponentSection, InstanceSection, RawSection};

/// How `hostile/src/lib.rs` begins the place for the name; dots fill it up.
const MARK: &[u8] = b"chosen attack: .";
const ATTACKS: &str = "tests/hostile/attacks";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
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
    let sources = ["tests/hostile"];
    let built = component::build(workspace, "hostile", &sources)?;
    let base = fs::read(&built).map_err(|error| error.to_string())?;
    let out = PathBuf::from(component::variable("OUT_DIR")?);

    let mut attacks = Vec::new();
    let folder = workspace.join(ATTACKS);
    for entry in fs::read_dir(&folder).map_err(|error| format!("{ATTACKS}: {error}"))? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path
            .file_stem()
            .and_then(|name| name.to_str())
            .ok_or_else(|| format!("{}: no name", path.display()))?;
        attacks.push((name.to_owned(), chosen(&base, name)?));
    }
    for (name, module) in bombs::modules() {
        attacks.push((name.to_owned(), started_inside(&base, &module)?));
    }
    for (name, component) in bombs::components() {
        attacks.push((name.to_owned(), component));
    }
    attacks.sort();
    let (mut uses, mut arms) = (String::new(), String::new());
    for (name, bytes) in &attacks {
        let file = out.join(format!("{name}.wasm"));
        fs::write(&file, bytes).map_err(|error| error.to_string())?;
        let _ = writeln!(uses, "        $each!({name});");
        let _ = writeln!(arms, "        {name:?} => include_bytes!({file:?}),");
    }
    let text = format!(
        "/// Calls a macro with the name of every attack.\n#[allow(unused_macros, reason = \"where not all can be tried, none is demanded\")]\nmacro_rules! foreach_attack {{\n    ($each:ident) => {{\n\
         {uses}    }};\n}}\n\n/// The hostile component of that name.\npub fn component(name: &str) -> &'static [u8] {{\n    \
         match name {{\n{arms}        _ => panic!(\"no such attack: {{name}}\"),\n    }}\n}}\n"
    );
    fs::write(out.join("attacks.rs"), text).map_err(|error| error.to_string())
}

/// The one module with this name written over the place for it.
fn chosen(base: &[u8], name: &str) -> Result<Vec<u8>, String> {
    let at = base
        .windows(MARK.len())
        .position(|window| window == MARK)
        .ok_or("the hostile module has no place for a name")?;
    let begin = at + MARK.len() - 1;
    let mut bytes = base.to_vec();
    let place = bytes
        .get_mut(begin..begin + name.len())
        .filter(|place| place.iter().all(|byte| *byte == b'.'))
        .ok_or_else(|| format!("{name}: the name is too long"))?;
    place.copy_from_slice(name.as_bytes());
    Ok(bytes)
}

/// The honest component with one more core module, instantiated after all others. Sections may follow in any order.
fn started_inside(base: &[u8], module: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = chosen(base, "")?;
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
