//! Reads what a user's folder for downloads holds, and what lies around it.

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{DescriptorFlags, OpenFlags, PathFlags};

use crate::{Attempt, done};

pub fn attack() -> Attempt {
    let mut seen = Vec::new();
    for (folder, path) in get_directories() {
        seen.push(path.clone());
        if path == "/state" {
            continue;
        }
        for entry in std::fs::read_dir(&path).into_iter().flatten().flatten() {
            seen.push(entry.file_name().to_string_lossy().into_owned());
        }
        for way in ["tax.txt", "openclaw.json", "../tax.txt", "../openclaw.json", "../../tax.txt"] {
            let opened = folder.open_at(
                PathFlags::SYMLINK_FOLLOW,
                way,
                OpenFlags::empty(),
                DescriptorFlags::READ,
            );
            if let Ok(file) = opened {
                seen.push(crate::wasi::content(&file)?);
            }
        }
    }
    seen.extend(std::env::args().skip(1));
    Ok(done(seen))
}
