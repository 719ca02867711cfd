//! Makes a module of every file in `attacks/`, and the function that finds one by its name.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=attacks");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("attacks");
    let mut names: Vec<String> = fs::read_dir(&folder)?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".rs").map(str::to_owned)
        })
        .collect();
    names.sort();
    let (mut modules, mut arms) = (String::new(), String::new());
    for name in &names {
        let path = folder.join(format!("{name}.rs"));
        let _ = writeln!(modules, "#[path = {path:?}]\npub mod {name};");
        let _ = writeln!(arms, "        {name:?} => {name}::attack(),");
    }
    let text = format!(
        "{modules}\npub fn attack(name: &str) -> crate::Attempt {{\n    match name {{\n{arms}        \
         _ => Ok(crate::got(\"nothing: there is no such attack\")),\n    }}\n}}\n"
    );
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("attacks.rs"), text)
}
