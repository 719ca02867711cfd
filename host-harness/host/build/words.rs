//! Puts the WIT's words into the component, as its custom section `package-docs`: hosts that show a component's
//! functions as tools take their descriptions from it. The toolchain leaves them out.

use std::path::Path;

use wasm_encoder::{ComponentSection, CustomSection};
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Docs, PackageMetadata, Resolve, WorldId, WorldItem};

const WORLD: &str = "libtv-video";

/// The component with the documentation of its world and of its exported functions.
///
/// # Errors
/// The bytes are no component, the WIT can't be read, or one has an export that the other hasn't.
pub fn with_words(component: &[u8], wit: &Path) -> Result<Vec<u8>, String> {
    let mut written = Resolve::default();
    let (package, _) = written
        .push_dir(wit)
        .map_err(|error| format!("{}: {error:#}", wit.display()))?;
    let source = written
        .select_world(&[package], Some(WORLD))
        .map_err(|error| format!("{error:#}"))?;
    let DecodedWasm::Component(mut built, world) =
        decode(component).map_err(|error| format!("the component can't be read: {error:#}"))?
    else {
        return Err("what was built is a package, not a component".to_owned());
    };

    // Its world has another name there, and the section speaks of that one.
    built.worlds[world].docs = written.worlds[source].docs.clone();
    for (name, docs) in functions(&written, source) {
        let item = built.worlds[world]
            .exports
            .iter_mut()
            .find_map(|(_, item)| match item {
                WorldItem::Function(function) if function.name == name => Some(function),
                _ => None,
            });
        item.ok_or_else(|| format!("the component does not export {name}"))?
            .docs = docs;
    }
    let package = built.worlds[world]
        .package
        .ok_or("the component's world has no package")?;
    let words = PackageMetadata::extract(&built, package)
        .encode()
        .map_err(|error| format!("{error:#}"))?;

    let mut bytes = component.to_vec();
    CustomSection {
        name: PackageMetadata::SECTION_NAME.into(),
        data: words.into(),
    }
    .append_to_component(&mut bytes);
    Ok(bytes)
}

fn functions(resolve: &Resolve, world: WorldId) -> impl Iterator<Item = (String, Docs)> + '_ {
    let exports = resolve.worlds[world].exports.values();
    exports.filter_map(|item| match item {
        WorldItem::Function(function) => Some((function.name.clone(), function.docs.clone())),
        _ => None,
    })
}
