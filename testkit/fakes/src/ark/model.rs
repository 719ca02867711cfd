//! The models of the two services, and what each of them takes. Accounts don't mix, nor do the ids.

/// Which of the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Volcengine Ark, in Beijing.
    China,
    /// BytePlus ModelArk, in Johor.
    Abroad,
}

/// What a model makes, and out of which settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Makes {
    /// Clips: one for each task.
    Video {
        generation: Generation,
        /// Seconds, besides -1.
        longest_s: i64,
        resolutions: &'static [&'static str],
    },
    /// Pictures, in the answer itself.
    Images {
        /// Fewer pixels are refused: a `1024x1024` is too small for most.
        min_pixels: u64,
    },
}

/// What differs between clips' models beyond numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    /// First and last frame only; knows `draft`, `frames` and `camera_fixed`.
    V1_5,
    /// References as well.
    V2_0,
    /// A first frame settles the ratio, and naming another is refused.
    V2_5,
}

/// A model as the list in the console has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model {
    pub(crate) id: &'static str,
    region: Region,
    pub(crate) makes: Makes,
    /// Where its results lie: the buckets differ by model (seen in other clients' recordings).
    pub(crate) bucket: Bucket,
}

/// One of the buckets that results were seen in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bucket {
    ContentGeneration,
    ContentGenerationV2,
    Acg,
}

const TO_720: &[&str] = &["480p", "720p"];
const TO_1080: &[&str] = &["480p", "720p", "1080p"];
const TO_4K: &[&str] = &["480p", "720p", "1080p", "4k"];
/// The shortest clip of any model, in seconds.
pub(crate) const SHORTEST_S: i64 = 4;

const fn clip(
    region: Region,
    id: &'static str,
    generation: Generation,
    longest_s: i64,
    resolutions: &'static [&'static str],
) -> Model {
    Model {
        id,
        region,
        makes: Makes::Video {
            generation,
            longest_s,
            resolutions,
        },
        bucket: match generation {
            Generation::V1_5 => Bucket::ContentGeneration,
            Generation::V2_0 | Generation::V2_5 => Bucket::Acg,
        },
    }
}

const fn picture(region: Region, id: &'static str, min_pixels: u64, bucket: Bucket) -> Model {
    Model {
        id,
        region,
        makes: Makes::Images { min_pixels },
        bucket,
    }
}

use Bucket::{Acg, ContentGenerationV2};
use Generation::{V1_5, V2_0, V2_5};
use Region::{Abroad, China};

const MODELS: &[Model] = &[
    clip(China, "doubao-seedance-2-5-260628", V2_5, 30, TO_1080),
    clip(China, "doubao-seedance-2-0-260128", V2_0, 15, TO_4K),
    clip(China, "doubao-seedance-2-0-fast-260128", V2_0, 15, TO_720),
    clip(China, "doubao-seedance-2-0-mini-260615", V2_0, 15, TO_720),
    clip(China, "doubao-seedance-1-5-pro-251215", V1_5, 12, TO_1080),
    picture(China, "doubao-seedream-5-0-260128", 3_686_400, Acg),
    picture(
        China,
        "doubao-seedream-4-5-251128",
        3_686_400,
        ContentGenerationV2,
    ),
    picture(
        China,
        "doubao-seedream-4-0-250828",
        921_600,
        ContentGenerationV2,
    ),
    clip(Abroad, "dreamina-seedance-2-5-260628", V2_5, 30, TO_1080),
    clip(Abroad, "dreamina-seedance-2-0-260128", V2_0, 15, TO_4K),
    clip(
        Abroad,
        "dreamina-seedance-2-0-fast-260128",
        V2_0,
        15,
        TO_720,
    ),
    clip(
        Abroad,
        "dreamina-seedance-2-0-mini-260615",
        V2_0,
        15,
        TO_720,
    ),
    clip(Abroad, "seedance-1-5-pro-251215", V1_5, 12, TO_1080),
    picture(Abroad, "seedream-5-0-260128", 3_686_400, Acg),
    picture(
        Abroad,
        "seedream-4-5-251128",
        3_686_400,
        ContentGenerationV2,
    ),
    picture(Abroad, "seedream-4-0-250828", 921_600, ContentGenerationV2),
];

impl Region {
    /// The model of this id, if this service has it.
    pub(crate) fn model(self, id: &str) -> Option<Model> {
        let mut models = MODELS.iter();
        models
            .find(|model| model.region == self && model.id == id)
            .copied()
    }

    /// The object store's name for where it stands.
    pub(crate) fn store(self) -> &'static str {
        match self {
            China => "cn-beijing",
            Abroad => "ap-southeast-1",
        }
    }

    /// The host of a bucket. The first of them is the one that the documents name.
    pub(crate) fn host(self, bucket: Bucket) -> &'static str {
        let [content, v2, acg] = match self {
            China => crate::ARK_MEDIA_HOSTS,
            Abroad => crate::MODELARK_MEDIA_HOSTS,
        };
        match bucket {
            Bucket::ContentGeneration => content,
            Bucket::ContentGenerationV2 => v2,
            Bucket::Acg => acg,
        }
    }

    pub(crate) fn first_key(self) -> &'static str {
        match self {
            China => crate::ARK_KEY,
            Abroad => crate::MODELARK_KEY,
        }
    }
}
