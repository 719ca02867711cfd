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
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GetFileSecurityW, GetSecurityDescriptorControl, GetTokenInformation,
    PROTECTED_DACL_SECURITY_INFORMATION, SE_DACL_PROTECTED, SetFileSecurityW, TOKEN_QUERY,
    TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// Room for a user's SID (68 bytes at most) with its header, or for the descriptor of a file with some dozens of entries.
const ROOM_WORDS: usize = 1_024;

/// Makes a folder or file one for this user alone. One whose list doesn't take from the folder above is left as it is: somebody has set it.
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

/// Whether a folder's list takes nothing from the folder above.
///
/// # Errors
/// The system's.
pub(crate) fn is_private(folder: &Path) -> io::Result<bool> {
    let path = wide(folder.as_os_str().encode_wide());
    // Words, since a descriptor has to be aligned.
    let mut descriptor = vec![0_u64; ROOM_WORDS];
    let (mut needed, mut control, mut revision) = (0, 0, 0);
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
    // SAFETY: the system has just written it.
    done(unsafe { GetSecurityDescriptorControl(place, &mut control, &mut revision) })?;
    Ok(control & SE_DACL_PROTECTED != 0)
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
    let units: *const u16 = text.0.cast();
    // SAFETY: the system ends the text with a zero.
    let length = (0..)
        .take_while(|at| unsafe { *units.add(*at) } != 0)
        .count();
    // SAFETY: so many units were just counted.
    String::from_utf16(unsafe { std::slice::from_raw_parts(units, length) })
        .map_err(io::Error::other)
}

/// What the system has allocated for us.
struct Local(*mut c_void);

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
        assert!(!is_private(&private).unwrap());
        make_private(&private).unwrap();
        assert!(is_private(&private).unwrap());
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
