//! A request for a clip, read as strictly as the documents put it.

use super::content::{self, Content};
use super::error::ArkError;
use super::fields::Fields;
use super::model::{Generation, Makes, Model, SHORTEST_S};
use super::picture::is_on_the_web;

/// All that the official SDK can send.
const KNOWN: &[&str] = &[
    "model",
    "content",
    "safety_identifier",
    "callback_url",
    "return_last_frame",
    "service_tier",
    "execution_expires_after",
    "priority",
    "generate_audio",
    "draft",
    "camera_fixed",
    "watermark",
    "seed",
    "resolution",
    "ratio",
    "duration",
    "frames",
    "tools",
    "output_format",
    "omni_reference_task_type",
];
/// Only 1.5 has them.
const OF_1_5: [&str; 3] = ["draft", "frames", "camera_fixed"];
const RATIOS: &[&str] = &["16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive"];
/// The model decides.
const ANY_DURATION: i64 = -1;
/// Seconds, both included.
const EXPIRES_AFTER_S: (i64, i64) = (3_600, 259_200);
const DEFAULT_EXPIRES_AFTER_S: i64 = 172_800;
/// "A hash of the end user" (?): as long as the SHA-256 of one in hexadecimal.
const MAX_SAFETY_IDENTIFIER_CHARS: usize = 64;

/// What was asked for, with defaults filled in.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) model: Model,
    pub(crate) content: Content,
    pub(crate) ratio: String,
    /// Seconds, or -1.
    pub(crate) duration_s: i64,
    pub(crate) resolution: String,
    pub(crate) generate_audio: bool,
    pub(crate) seed: Option<i64>,
    pub(crate) expires_after_s: u64,
    pub(crate) service_tier: String,
    pub(crate) safety_identifier: Option<String>,
    pub(crate) return_last_frame: bool,
}

/// Reads a body whose model was found already. `is_edit` tells of a text whether the model takes it for the wish to
/// change what it is given.
pub(crate) fn read(
    body: &Fields<'_>,
    model: Model,
    is_edit: impl Fn(&str) -> bool,
) -> Result<Wanted, ArkError> {
    let Makes::Video {
        generation,
        longest_s,
        resolutions,
    } = model.makes
    else {
        return Err(body.invalid("model", "the model does not support content generation"));
    };
    body.only(KNOWN)?;
    let content = content::read(body, generation)?;
    check_the_rest(body, generation)?;
    let duration_s = body.whole("duration", ANY_DURATION..=longest_s)?;
    if duration_s.is_some_and(|s| s != ANY_DURATION && s < SHORTEST_S) {
        let why = format!("it must be within [{SHORTEST_S}, {longest_s}] or -1");
        return Err(body.invalid("duration", &why));
    }
    let ratio = body.choice("ratio", RATIOS)?;
    check_task_type(&content, generation, ratio, duration_s, is_edit)?;
    let text = |name, choices| body.choice(name, choices);
    let expires_after_s = body.whole(
        "execution_expires_after",
        EXPIRES_AFTER_S.0..=EXPIRES_AFTER_S.1,
    )?;
    Ok(Wanted {
        model,
        content,
        ratio: ratio.unwrap_or("adaptive").to_owned(),
        duration_s: duration_s.unwrap_or(5),
        resolution: text("resolution", resolutions)?
            .unwrap_or("720p")
            .to_owned(),
        generate_audio: body.flag("generate_audio")?.unwrap_or(true),
        seed: body
            .whole("seed", -1..=i64::from(u32::MAX))?
            .filter(|seed| *seed >= 0),
        expires_after_s: expires_after_s
            .unwrap_or(DEFAULT_EXPIRES_AFTER_S)
            .unsigned_abs(),
        service_tier: text("service_tier", &["default", "flex"])?
            .unwrap_or("default")
            .to_owned(),
        safety_identifier: body.text("safety_identifier")?.map(str::to_owned),
        return_last_frame: body.flag("return_last_frame")?.unwrap_or(false),
    })
}

/// What is checked and then forgotten.
fn check_the_rest(body: &Fields<'_>, generation: Generation) -> Result<(), ArkError> {
    for name in ["watermark", "draft", "camera_fixed"] {
        body.flag(name)?;
    }
    let foreign = OF_1_5.iter().find(|name| body.get(name).is_some());
    if let Some(name) = foreign.filter(|_| generation != Generation::V1_5) {
        return Err(body.invalid(name, "the model does not support it"));
    }
    if generation != Generation::V1_5 && body.text("service_tier")? == Some("flex") {
        return Err(ArkError::new(
            "InvalidParameter.UnsupportedParameter",
            "The parameter `service_tier` specified in the request is not supported by the model.",
        ));
    }
    body.whole("frames", 29..=289)?;
    body.whole("priority", 0..=9)?;
    body.choice("output_format", &["mp4", "mov"])?;
    body.choice(
        "omni_reference_task_type",
        &["auto", "reference", "edit", "extend"],
    )?;
    if body
        .text("callback_url")?
        .is_some_and(|url| !is_on_the_web(url))
    {
        return Err(body.invalid("callback_url", "it is no web address"));
    }
    let identifier = body.text("safety_identifier")?.unwrap_or_default();
    if identifier.chars().count() > MAX_SAFETY_IDENTIFIER_CHARS {
        return Err(body.invalid("safety_identifier", "it is longer than 64 characters"));
    }
    Ok(())
}

/// What the model takes the request for decides which settings it may have.
fn check_task_type(
    content: &Content,
    generation: Generation,
    ratio: Option<&str>,
    duration_s: Option<i64>,
    is_edit: impl Fn(&str) -> bool,
) -> Result<(), ArkError> {
    let names_ratio = ratio.is_some_and(|ratio| ratio != "adaptive");
    if generation == Generation::V2_5 && content.first_frames > 0 && names_ratio {
        let why = "For first-frame or first-last-frame generation, the output ratio follows the first-frame image";
        return Err(ArkError::task_type("ratio", why));
    }
    if generation == Generation::V1_5 || !is_edit(&content.text) {
        return Ok(());
    }
    // Absent isn't enough for an edit: both have to be said.
    if ratio != Some("adaptive") {
        let why = "The task is determined as video editing, ratio must be adaptive";
        return Err(ArkError::task_type("ratio", why));
    }
    if duration_s != Some(ANY_DURATION) {
        let why = "The task is determined as video editing, duration must be -1";
        return Err(ArkError::task_type("duration", why));
    }
    Ok(())
}
