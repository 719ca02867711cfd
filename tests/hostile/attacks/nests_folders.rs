//! Puts folders into folders until no path leads to the last of them: by moving one tree into another, and one by one.

use wasip2::filesystem::types::{Descriptor, DescriptorFlags, OpenFlags, PathFlags};

use crate::{Attempt, got, wasi};

fn enter(folder: &Descriptor, name: &str) -> Result<Descriptor, String> {
    folder.create_directory_at(name).map_err(wasi::name)?;
    folder
        .open_at(
            PathFlags::empty(),
            name,
            OpenFlags::DIRECTORY,
            DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY,
        )
        .map_err(wasi::name)
}

pub fn attack() -> Attempt {
    let state = wasi::state()?;
    let mut bottom = enter(&state, "tree")?;
    for _ in 0..5 {
        bottom = enter(&bottom, "in")?;
    }
    enter(&enter(&state, "other")?, "in")?;
    if state.rename_at("other", &bottom, "other").is_ok() {
        return Ok(got("a tree in a tree"));
    }
    // It may lie elsewhere, where it isn't deeper.
    state
        .rename_at("other", &state, "another")
        .map_err(wasi::name)?;
    let mut folder = state;
    let name = "x".repeat(180);
    for _ in 0..30 {
        folder = enter(&folder, &name)?;
    }
    Ok(got("thirty folders in one another"))
}
