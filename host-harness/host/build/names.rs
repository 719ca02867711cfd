//! Takes the names of the component's parts out of it: 13 KB that only its makers' tools read, and that stripping leaves in.

use wasmparser::BinaryReader;

/// What every component begins with: magic number, version and layer.
const HEADER_BYTES: usize = 8;
/// The id of a custom section.
const CUSTOM: u8 = 0;
const SECTION: &str = "component-name";

/// The component without its section of names.
///
/// # Errors
/// The bytes are not made of sections.
pub fn without_names(component: &[u8]) -> Result<Vec<u8>, String> {
    let sections = sections(component)
        .map_err(|error| format!("the component's sections can't be read: {error}"))?;
    let kept = sections
        .into_iter()
        .filter_map(|(name, bytes)| (name != Some(SECTION)).then_some(bytes));
    let mut small = component[..HEADER_BYTES].to_vec();
    small.extend(kept.flatten());
    Ok(small)
}

/// Each section: its name when it is a custom one, and all its bytes.
fn sections(component: &[u8]) -> wasmparser::Result<Vec<(Option<&str>, &[u8])>> {
    let mut reader = BinaryReader::new(component, 0);
    reader.read_bytes(HEADER_BYTES)?;
    let mut sections = Vec::new();
    while !reader.eof() {
        let start = reader.current_position();
        let id = reader.read_u8()?;
        let mut content = reader.read_reader()?;
        let name = (id == CUSTOM).then(|| content.read_string()).transpose()?;
        sections.push((name, &component[start..reader.current_position()]));
    }
    Ok(sections)
}
