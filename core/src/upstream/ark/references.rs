//! The user's own pictures in a request: what is taken of them, and where they stand. Not here: that they are kept
//! (`store/pictures.rs`), nor their bytes, which only the driver sees.

use super::super::{Order, Reference};
use super::request::makes_pictures;
use crate::io::Insert;
use crate::media::ImageFormat;

/// "The whole body at most 64 MB": as base64, and with room for the words.
const MOST_BYTES: u64 = 63 << 20;

/// What is taken of pictures, by what is made of them.
struct Limits {
    /// How many.
    most: usize,
    /// The shortest side, in pixels.
    shortest_px: u32,
    /// The longest side.
    longest_px: u32,
    /// One side may be so many tenths of the other.
    tenths: u64,
}

/// For a clip of 2.x: 9 of them by 2.0, 30 by 2.5 (seen); 9 suit both.
const FOR_CLIPS: Limits = Limits {
    most: 9,
    shortest_px: 300,
    longest_px: 6_000,
    tenths: 25,
};
/// For one of 1.5, which knows frames only: the first and the last.
const FOR_FRAMES: Limits = Limits {
    most: 2,
    ..FOR_CLIPS
};
/// For pictures.
const FOR_PICTURES: Limits = Limits {
    most: 14,
    shortest_px: 15,
    longest_px: 6_000,
    tenths: 160,
};

/// Whether a model takes frames, and no references.
fn takes_frames(model: &str) -> bool {
    model.contains("seedance-1-")
}

fn limits(model: &str) -> &'static Limits {
    if makes_pictures(model) {
        &FOR_PICTURES
    } else if takes_frames(model) {
        &FOR_FRAMES
    } else {
        &FOR_CLIPS
    }
}

/// What the picture of this number is to a clip. A reference where the model knows such, also where it is the only one: the words
/// say what it is for, and with a first frame they couldn't choose the ratio.
#[must_use]
pub fn role(model: &str, at: usize) -> &'static str {
    match (takes_frames(model), at) {
        (false, _) => "reference_image",
        (true, 0) => "first_frame",
        (true, _) => "last_frame",
    }
}

/// Whether a model takes an order's pictures.
///
/// # Errors
/// What it doesn't take, behind the service's name.
pub fn fit(model: &str, order: &Order<'_>) -> Result<(), String> {
    let limits = limits(model);
    let references = order.references;
    if references.len() > limits.most {
        return Err(format!(
            "takes {} pictures at most beside the words of one request, not {}",
            limits.most,
            references.len()
        ));
    }
    references
        .iter()
        .try_for_each(|one| one_fits(limits, one))?;
    // Base64 has four bytes for three.
    let bytes = references.iter().map(|one| one.len.div_ceil(3) * 4);
    if bytes.fold(0, u64::saturating_add) > MOST_BYTES {
        return Err("takes 45 MB of pictures at most in one request: use smaller ones".to_owned());
    }
    Ok(())
}

/// # Errors
/// What is wrong with a picture.
fn one_fits(limits: &Limits, picture: &Reference) -> Result<(), String> {
    // What the documents list; what a browser shows besides is refused there after the upload of all of it.
    if matches!(picture.format, ImageFormat::Ico | ImageFormat::Avif) {
        return Err(
            "takes pictures as JPEG, PNG, WebP, BMP, TIFF, GIF or HEIC: convert this one"
                .to_owned(),
        );
    }
    // One whose size isn't told by its beginning (a TIFF's may stand at its end) is the service's to judge.
    let Some((width, height)) = picture.size else {
        return Ok(());
    };
    let Limits {
        shortest_px,
        longest_px,
        tenths,
        ..
    } = limits;
    // Which side is which doesn't matter: 0.4 to 2.5 is the same range either way.
    let (short, long) = (width.min(height), width.max(height));
    if short < *shortest_px || long > *longest_px {
        return Err(format!(
            "takes pictures whose sides have {shortest_px} to {longest_px} pixels, and this one has {width}x{height}"
        ));
    }
    if u64::from(long) * 10 > u64::from(short) * tenths {
        return Err(format!(
            "takes no picture that is so long or so wide as this one, with {width}x{height} pixels"
        ));
    }
    Ok(())
}

/// What stands in a body where a picture is put in. The nonce says where: nothing else in the body can hold it, since it is
/// drawn behind all of that.
#[must_use]
pub fn place(reference: &Reference, order: &Order<'_>) -> String {
    ["data:", reference.format.mime(), ";base64,", order.nonce].concat()
}

/// The body without the places, and what is put into each.
#[must_use]
pub fn inserted(body: &str, order: &Order<'_>) -> (Vec<u8>, Vec<Insert>) {
    if order.references.is_empty() {
        return (body.as_bytes().to_vec(), Vec::new());
    }
    // As text and not as a value with the pictures in it: they may have as much as the whole component's memory.
    let mut pieces = body.split(order.nonce);
    let mut whole = pieces.next().unwrap_or_default().as_bytes().to_vec();
    let mut inserts = Vec::new();
    for (piece, reference) in pieces.zip(order.references) {
        inserts.push(Insert {
            at: whole.len(),
            path: reference.path.clone(),
            len: reference.len,
        });
        whole.extend_from_slice(piece.as_bytes());
    }
    (whole, inserts)
}

#[cfg(test)]
mod tests {
    use super::super::request;
    use super::*;
    use crate::json;
    use crate::upstream::Choices;

    const CLIPS: &str = "doubao-seedance-2-5-260628";
    const FRAMES: &str = "seedance-1-5-pro-251215";
    const PICTURES: &str = "seedream-5-0-260128";

    fn picture(width: u32, height: u32) -> Reference {
        Reference {
            path: format!("pictures/{width}x{height}"),
            len: 1_000,
            format: ImageFormat::Png,
            size: Some((width, height)),
        }
    }

    fn judged(model: &str, references: &[Reference]) -> Result<(), String> {
        let order = Order {
            references,
            ..Order::default()
        };
        fit(model, &order)
    }

    #[test]
    fn what_the_service_would_refuse_is_refused_before_it_costs_anything() {
        let large = |len| Reference {
            len,
            ..picture(1_000, 1_000)
        };
        let of = |format| Reference {
            format,
            ..picture(1_000, 1_000)
        };
        let many = |count| vec![picture(1_000, 1_000); count];
        for (model, references, says) in [
            (CLIPS, many(9), None),
            (CLIPS, many(10), Some("9 pictures at most")),
            (FRAMES, many(2), None),
            (FRAMES, many(3), Some("2 pictures at most")),
            (PICTURES, many(14), None),
            (PICTURES, many(15), Some("14 pictures at most")),
            (CLIPS, vec![picture(300, 750)], None),
            (CLIPS, vec![picture(750, 300)], None),
            (CLIPS, vec![picture(299, 400)], Some("300 to 6000 pixels")),
            (CLIPS, vec![picture(6_001, 4_000)], Some("6001x4000")),
            (CLIPS, vec![picture(300, 751)], Some("so long or so wide")),
            (PICTURES, vec![picture(15, 240)], None),
            (PICTURES, vec![picture(14, 100)], Some("15 to 6000 pixels")),
            (PICTURES, vec![picture(241, 15)], Some("so long or so wide")),
            (CLIPS, vec![of(ImageFormat::Heic)], None),
            (CLIPS, vec![of(ImageFormat::Avif)], Some("convert")),
            (CLIPS, vec![of(ImageFormat::Ico)], Some("convert")),
            (CLIPS, vec![large(23 << 20); 2], None),
            (CLIPS, vec![large(25 << 20); 2], Some("45 MB")),
        ] {
            let judged = judged(model, &references);
            match says {
                None => assert_eq!(judged, Ok(()), "{references:?}"),
                Some(says) => assert!(judged.unwrap_err().contains(says), "{references:?}"),
            }
        }
        let unsized_one = Reference {
            size: None,
            ..picture(1, 1)
        };
        assert_eq!(judged(CLIPS, &[unsized_one]), Ok(()));
    }

    #[test]
    fn each_picture_is_put_in_at_its_own_place_whatever_the_words_are() {
        let references = [picture(400, 400), picture(500, 500)];
        let order = Order {
            words: Some("\"data:image/png;base64,\" 猫"),
            references: &references,
            nonce: "0123456789abcdef0123456789abcdef",
            ..Order::default()
        };
        let body = json::text(&request::clip(CLIPS, &Choices::default(), &order));
        let (without, inserts) = inserted(&body, &order);
        let mut filled = String::new();
        let mut from = 0;
        for insert in &inserts {
            filled.push_str(std::str::from_utf8(&without[from..insert.at]).unwrap());
            filled.push_str(insert.path.rsplit('/').next().unwrap());
            from = insert.at;
        }
        filled.push_str(std::str::from_utf8(&without[from..]).unwrap());
        let filled = json::parse(filled.as_bytes()).unwrap();
        assert_eq!(
            filled["content"][0]["text"],
            "\"data:image/png;base64,\" 猫"
        );
        let at = |number: usize| filled["content"][number]["image_url"]["url"].clone();
        assert_eq!(at(1), "data:image/png;base64,400x400");
        assert_eq!(at(2), "data:image/png;base64,500x500");
        assert_eq!(filled["content"][1]["role"], "reference_image");
    }

    #[test]
    fn a_model_without_references_gets_a_first_and_a_last_frame() {
        assert_eq!(
            [role(FRAMES, 0), role(FRAMES, 1)],
            ["first_frame", "last_frame"]
        );
        assert_eq!(role(CLIPS, 0), "reference_image");
    }
}
