//! What a mode is elsewhere, on Windows: the list of who has access to a folder or file. A private one has this user and the system
//! on it; what the folder above allows isn't added, and what is made in it inherits it. Not here: what is private (`files.rs`).
//!
//! The system's functions take pointers, and no library that is kept up wraps them: hence `unsafe`. Each pointer is to a value of
//! this module that outlives its call.
#![allow(
    unsafe_code,
    reason = "the system's functions for access lists take pointers"
)]

use std::ffi::c_void;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::{CloseHandle, HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW, ConvertSidToStringSidW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetFileSecurityW, GetTokenInformation,
    PROTECTED_DACL_SECURITY_INFORMATION, SetFileSecurityW, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// Room for a user's SID (68 bytes at most) with its header, or for the descriptor of a file with some dozens of entries.
const ROOM_WORDS: usize = 1_024;

/// Makes a folder or file one for this user alone. One that is so already, as all are in a user's profile, is left as it is.
///
/// # Errors
/// The system's: file systems without lists (FAT) refuse.
pub(crate) fn make_private(folder: &Path) -> io::Result<()> {
    if is_private(folder)? {
        return Ok(());
    }
    let path = wide(folder.as_os_str().encode_wide());
    // P: nothing comes from above. OI, CI: files and folders in it inherit. FA: everything. SY: the system, which backs up and indexes.
    let list = format!("D:P(A;OICI;FA;;;{})(A;OICI;FA;;;SY)", user()?);
    let list = wide(list.encode_utf16());
    let mut descriptor = Local(null_mut());
    // SAFETY: the text ends with a zero, the place for the pointer is ours, and the length isn't asked for.
    done(unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            list.as_ptr(),
            SDDL_REVISION_1,
            &mut descriptor.0,
            null_mut(),
        )
    })?;
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: the path ends with a zero, and the descriptor was just made by the system.
    done(unsafe { SetFileSecurityW(path.as_ptr(), what, descriptor.0) })
}

/// Whether nobody but this user, the system and its administrators is on the list: so are folders in a user's profile.
///
/// # Errors
/// The system's.
pub(crate) fn is_private(path: &Path) -> io::Result<bool> {
    let list = list(path)?;
    let user = user()?;
    // A list that isn't there lets everybody in.
    let entries = list.split('(').skip(1).collect::<Vec<_>>();
    let may = |entry: &&str| {
        let fields: Vec<&str> = entry.trim_end_matches(')').split(';').collect();
        // Type, flags, rights, two objects, and who: what denies takes nothing away from that.
        let [kind, .., who] = fields[..] else {
            return false;
        };
        kind == "D" || who == user || KNOWN.contains(&who)
    };
    Ok(!entries.is_empty() && entries.iter().all(may))
}

/// Whom a private list may have beside its user, in the system's letters: the system, administrators (both could take any file
/// anyway), the owner, and whoever makes something in the folder.
const KNOWN: [&str; 5] = ["SY", "BA", "LA", "OW", "CO"];

/// A file's or folder's list, in the system's own notation: `D:P(A;OICI;FA;;;SY)…`.
fn list(path: &Path) -> io::Result<String> {
    let path = wide(path.as_os_str().encode_wide());
    // Words, since a descriptor has to be aligned.
    let mut descriptor = vec![0_u64; ROOM_WORDS];
    let mut needed = 0;
    let place: *mut c_void = descriptor.as_mut_ptr().cast();
    // SAFETY: the path ends with a zero, and so many bytes of the descriptor are ours.
    done(unsafe {
        GetFileSecurityW(
            path.as_ptr(),
            DACL_SECURITY_INFORMATION,
            place,
            (ROOM_WORDS * size_of::<u64>()) as u32,
            &mut needed,
        )
    })?;
    let mut text = Local(null_mut());
    // SAFETY: the system has just written the descriptor, the place for the text is ours, and its length isn't asked for.
    done(unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            place,
            SDDL_REVISION_1,
            DACL_SECURITY_INFORMATION,
            (&raw mut text.0).cast(),
            null_mut(),
        )
    })?;
    text.text()
}

/// This user's SID, as text.
fn user() -> io::Result<String> {
    let mut token = Token(null_mut());
    // SAFETY: the process's own handle needs no closing, and the place for the token is ours.
    done(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token.0) })?;
    let mut room = vec![0_u64; ROOM_WORDS];
    let mut needed = 0;
    // SAFETY: so many bytes of the room are ours.
    done(unsafe {
        GetTokenInformation(
            token.0,
            TokenUser,
            room.as_mut_ptr().cast(),
            (ROOM_WORDS * size_of::<u64>()) as u32,
            &mut needed,
        )
    })?;
    // SAFETY: that is what it was asked for, and the room is aligned for it.
    let sid = unsafe { (*room.as_ptr().cast::<TOKEN_USER>()).User.Sid };
    let mut text = Local(null_mut());
    let place: *mut *mut u16 = (&raw mut text.0).cast();
    // SAFETY: the SID lies in the room, which is still there.
    done(unsafe { ConvertSidToStringSidW(sid, place) })?;
    text.text()
}

/// What the system has allocated for us.
struct Local(*mut c_void);

impl Local {
    /// The text that it is.
    fn text(&self) -> io::Result<String> {
        let units: *const u16 = self.0.cast();
        // SAFETY: the system ends its texts with a zero.
        let length = (0..)
            .take_while(|at| unsafe { *units.add(*at) } != 0)
            .count();
        // SAFETY: so many units were just counted.
        let units = unsafe { std::slice::from_raw_parts(units, length) };
        String::from_utf16(units).map_err(io::Error::other)
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        // SAFETY: it comes from the system's own allocator, or is null, which is let be.
        unsafe { LocalFree(self.0) };
    }
}

/// The process's token.
struct Token(HANDLE);

impl Drop for Token {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: it was opened here, and is closed once.
            unsafe { CloseHandle(self.0) };
        }
    }
}

/// A text of the system's, with the zero at its end.
fn wide(units: impl Iterator<Item = u16>) -> Vec<u16> {
    units.chain([0]).collect()
}

fn done(succeeded: i32) -> io::Result<()> {
    match succeeded {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_folder_is_this_users_and_what_is_made_in_it_can_be_used() {
        let folder = tempfile::tempdir().unwrap();
        let private = folder.path().join("private 私");
        std::fs::create_dir(&private).unwrap();
        let open = list(&private).unwrap();
        assert!(!is_private(&private).unwrap(), "{open}");
        make_private(&private).unwrap();
        let closed = list(&private).unwrap();
        assert!(is_private(&private).unwrap(), "{open} became {closed}");
        make_private(&private).unwrap();
        std::fs::create_dir(private.join("inner")).unwrap();
        std::fs::write(private.join("inner/file"), "text").unwrap();
        assert_eq!(std::fs::read(private.join("inner/file")).unwrap(), b"text");
        let file = folder.path().join("file");
        crate::files::write_durably(&file, b"secret").unwrap();
        assert!(is_private(&file).unwrap());
        assert_eq!(std::fs::read(&file).unwrap(), b"secret");
        assert!(user().unwrap().starts_with("S-1-5-"));
    }
}
