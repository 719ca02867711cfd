//! Pictures: made while the request waits, answered with links or bytes. There is no task, and nothing to look up.

use super::error::ArkError;
use super::fields::Fields;
use super::model::{Makes, Model};
use super::picture::{self, FOR_PICTURES};
use crate::media;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What a body may have; anything else is refused.
const KNOWN: &[&str] = &[
    "model",
    "prompt",
    "image",
    "response_format",
    "size",
    "seed",
    "guidance_scale",
    "watermark",
    "optimize_prompt",
    "optimize_prompt_options",
    "sequential_image_generation",
    "sequential_image_generation_options",
    "tools",
    "output_format",
    "layer_decomposition",
    "stream",
];
/// References of one request; with what is made there may be fifteen.
const MAX_IMAGES: usize = 14;
const MAX_IMAGES_IN_ALL: i64 = 15;
/// Above, a size is refused.
const MAX_PIXELS: u64 = 16_777_216;

/// What was asked for, with defaults filled in.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The words.
    pub(crate) prompt: String,
    /// How many references there are.
    pub(crate) pictures: usize,
    /// As the answer tells it: `2048x2048`.
    size: String,
    as_bytes: bool,
    kind: &'static str,
    /// More than one only where the request leaves the number open.
    pub(crate) most: i64,
}

/// Reads a body whose model was found already.
pub(crate) fn read(body: &Fields<'_>, model: Model) -> Result<Wanted, ArkError> {
    let Makes::Images { min_pixels } = model.makes else {
        return Err(body.invalid("model", "the model does not support image generation"));
    };
    body.only(KNOWN)?;
    for name in ["watermark", "optimize_prompt", "layer_decomposition"] {
        body.flag(name)?;
    }
    if body.flag("stream")? == Some(true) {
        return Err(body.invalid("stream", "this fake answers in one piece only"));
    }
    body.whole("seed", -1..=i64::from(i32::MAX))?;
    let pictures = references(body)?;
    let is_open =
        body.choice("sequential_image_generation", &["auto", "disabled"])? == Some("auto");
    let most = match body.get("sequential_image_generation_options") {
        Some(options) => Fields::of(options, "sequential_image_generation_options")?
            .whole("max_images", 1..=MAX_IMAGES_IN_ALL)?,
        None => None,
    };
    let size = size(body.text("size")?.unwrap_or("2K"), min_pixels)
        .map_err(|why| body.invalid("size", &why))?;
    let format = body.choice("response_format", &["url", "b64_json"])?;
    let kind = match body.choice("output_format", &["png", "jpeg"])? {
        Some("png") => "png",
        _ => "jpeg",
    };
    Ok(Wanted {
        prompt: body.needed("prompt")?.to_owned(),
        pictures,
        size,
        as_bytes: format == Some("b64_json"),
        kind,
        most: if is_open {
            most.unwrap_or(MAX_IMAGES_IN_ALL)
        } else {
            1
        },
    })
}

/// A string, or an array of them.
fn references(body: &Fields<'_>) -> Result<usize, ArkError> {
    let urls: Vec<&Value> = match body.get("image") {
        None => Vec::new(),
        Some(Value::Array(urls)) => urls.iter().collect(),
        Some(url) => vec![url],
    };
    if urls.len() > MAX_IMAGES {
        return Err(body.invalid("image", "there are more than 14 images"));
    }
    for (index, url) in urls.iter().enumerate() {
        let param = format!("image[{index}]");
        let url = url
            .as_str()
            .ok_or_else(|| ArkError::invalid(&param, "it is not a string"))?;
        picture::check(url, &param, FOR_PICTURES)?;
    }
    Ok(urls.len())
}

/// A level, or width and height.
fn size(size: &str, min_pixels: u64) -> Result<String, String> {
    let square = |side: u64| Ok((side, side));
    let (width, height) = match size {
        "1K" => square(1_024),
        "2K" => square(2_048),
        "4K" => square(4_096),
        _ => size
            .split_once('x')
            .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
            .ok_or("it is neither 1K, 2K, 4K nor WIDTHxHEIGHT"),
    }?;
    let pixels: u64 = width * height;
    if pixels < min_pixels {
        return Err(format!("image size must be at least {min_pixels} pixels"));
    }
    if pixels > MAX_PIXELS {
        return Err(format!("image size must be at most {MAX_PIXELS} pixels"));
    }
    Ok(format!("{width}x{height}"))
}

/// The answer with so many pictures. `link` makes the one with this number.
pub(crate) fn answer(
    wanted: &Wanted,
    model: Model,
    count: i64,
    created_s: u64,
    link: impl Fn(i64, &str) -> String,
) -> Value {
    let picture = |number: i64| {
        if wanted.as_bytes {
            let file = match wanted.kind {
                "png" => media::png(64, 64),
                _ => media::jpeg(2_048, 2_048),
            };
            json!({"b64_json": STANDARD.encode(file.to_bytes()), "size": wanted.size})
        } else {
            json!({"url": link(number, wanted.kind), "size": wanted.size})
        }
    };
    let data: Vec<_> = (0..count).map(picture).collect();
    let tokens = count * 16_384;
    json!({
        "model": model.id,
        "created": created_s,
        "data": data,
        "usage": {"generated_images": count, "output_tokens": tokens, "total_tokens": tokens},
    })
}
