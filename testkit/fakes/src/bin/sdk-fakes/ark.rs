//! What `sdk-check/ark.*` and `sdk-check/modelark.*` expect to find. Both services have the same scripts, by the words.

use fakes::ark::TASKS;
use fakes::{Ark, ArkError, Clip, Fake, Fault, World};

pub fn prepare(world: &World) -> String {
    let ark = world.ark();
    script(&ark);
    ark.open_model("doubao-seedance-1-5-pro-251215", false);
    // The first submit of all: its task is made, its answer lost.
    let submit = format!("POST {TASKS}");
    ark.fault(submit.as_str(), Fault::ResetAfterApplied, 1);
    ark.http_base()
}

pub fn prepare_abroad(world: &World) -> String {
    let modelark = world.modelark();
    script(&modelark);
    modelark.http_base()
}

fn script(ark: &Ark) {
    ark.on_text_containing("stays queued", Clip::queued());
    ark.on_text_containing("never ends", Clip::never());
    ark.on_text_containing("owned", Clip::fails(ArkError::copyright()));
    ark.refuse_text_containing("knife", ArkError::sensitive_text());
}
