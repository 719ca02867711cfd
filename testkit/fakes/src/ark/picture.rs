//! A picture in a request: an address on the web, which is not fetched, or a `data:` URL, which is looked at.

use super::error::ArkError;
use crate::sniff::sniff;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The kinds that may stand in a `data:` URL, in lower case.
const KINDS: [&str; 8] = ["jpeg", "png", "webp", "bmp", "tiff", "gif", "heic", "heif"];
/// "Under 30 MB", of the decoded picture.
const MAX_BYTES: usize = 30 << 20;

/// What a route takes of a picture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Of each side, both included.
    pub(crate) side_px: (u32, u32),
    /// Of width to height, in hundredths, both included.
    pub(crate) ratio_percent: (u32, u32),
}

/// For a clip.
pub(crate) const FOR_CLIPS: Limits = Limits {
    side_px: (300, 6_000),
    ratio_percent: (40, 250),
};

/// For a picture made of others. The whole must not pass 36 million pixels.
pub(crate) const FOR_PICTURES: Limits = Limits {
    side_px: (15, 6_000),
    ratio_percent: (6, 1_600),
};

/// Checks one. `param` is where it stands.
pub(crate) fn check(url: &str, param: &str, limits: Limits) -> Result<(), ArkError> {
    if is_on_the_web(url) {
        return Ok(());
    }
    let refuse = |why: &str| ArkError::invalid(param, why);
    let (kind, encoded) = url
        .strip_prefix("data:image/")
        .and_then(|rest| rest.split_once(";base64,"))
        .ok_or_else(|| refuse("it is neither a web address nor a data URL of an image"))?;
    if !KINDS.contains(&kind) {
        return Err(refuse("the image format is not supported"));
    }
    // Told by the length alone: decoding what is refused anyway takes seconds in a debug build.
    let padding = encoded
        .bytes()
        .rev()
        .take_while(|byte| *byte == b'=')
        .count();
    if (encoded.len() / 4 * 3).saturating_sub(padding) >= MAX_BYTES {
        return Err(refuse("the image size must be less than 30 MB"));
    }
    let bytes = STANDARD
        .decode(encoded)
        .ok()
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| refuse("the base64 image could not be decoded"))?;
    let picture = sniff(&bytes).ok_or_else(|| refuse("the image could not be read"))?;
    let said = if kind == "heif" { "heic" } else { kind };
    if picture.kind != said {
        return Err(refuse(
            "the image is of another format than its data URL says",
        ));
    }
    match (picture.width_px, picture.height_px) {
        // Kinds whose size isn't looked for here.
        (0, 0) => Ok(()),
        (width_px, height_px) => {
            check_size(width_px, height_px, limits).map_err(|why| refuse(&why))
        }
    }
}

fn check_size(width_px: u32, height_px: u32, limits: Limits) -> Result<(), String> {
    let (least, most) = limits.side_px;
    let fits = |side: u32| (least..=most).contains(&side);
    if !fits(width_px) || !fits(height_px) {
        return Err(format!(
            "the image width and height must be within [{least}, {most}] px, got {width_px}x{height_px}"
        ));
    }
    let (narrowest, widest) = limits.ratio_percent;
    if !(narrowest..=widest).contains(&(width_px * 100 / height_px)) {
        return Err("the image aspect ratio is out of range".to_owned());
    }
    Ok(())
}

/// Whether the service would fetch it itself.
pub(crate) fn is_on_the_web(url: &str) -> bool {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
}
