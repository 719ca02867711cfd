/* `bcryptprimitives.dll` for wine before 9, which lacks it: the one function of it that Rust's library takes. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T length) {
  while (length > 0) {
    ULONG piece = length > 0x10000 ? 0x10000 : (ULONG)length;
    if (!RtlGenRandom(bytes, piece)) return FALSE;
    bytes += piece;
    length -= piece;
  }
  return TRUE;
}
