#!/usr/bin/env python3
"""Makes the packages of a release from programs that are built: for npm a small package and one for each platform, for PyPI a wheel
for each, archives, a Homebrew formula, winget manifests. The same bytes of the same programs: no times, names in order. Nothing is
fetched or built here.

Usage: packages.py VERSION URL FOLDER TARGET=PROGRAM…   URL: where the archives of this version will be
"""

import base64
import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import zipfile

NAME = "libtv-video"
ABOUT = "Videos and images by LibTV, delivered to the chat that asked for them"
WORKSPACE = pathlib.Path(__file__).resolve().parents[1]
LICENSES = ("LICENSE-APACHE", "LICENSE-MIT")
# A zip knows no time before.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
# Each target as npm names its platform, and the tags of its wheel. The static programs run with any C library.
PLATFORMS = {
    "x86_64-unknown-linux-musl": ("linux", "x64", "manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64"),
    "aarch64-unknown-linux-musl": ("linux", "arm64", "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"),
    "x86_64-apple-darwin": ("darwin", "x64", "macosx_10_12_x86_64"),
    "aarch64-apple-darwin": ("darwin", "arm64", "macosx_11_0_arm64"),
    "x86_64-pc-windows-gnu": ("win32", "x64", "win_amd64"),
}
LAUNCHER = """\
#!/usr/bin/env node
// Starts the program of this platform's package. No script runs while installing: agents' hosts install without.
'use strict'
const { spawn } = require('node:child_process')
const name = `@libtv-video/${process.platform}-${process.arch}`
let program
try {
  program = require.resolve(`${name}/libtv-video${process.platform === 'win32' ? '.exe' : ''}`)
} catch {
  console.log(`❌ ${name} is not installed: this platform has no program, or npm was told to leave optional dependencies out`)
  process.exit(1)
}
const running = spawn(program, process.argv.slice(2), { stdio: 'inherit', windowsHide: true })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => running.kill(signal))
running.on('error', (error) => {
  console.log(`❌ ${program} can't be started: ${error.message}`)
  process.exit(1)
})
running.on('exit', (code, signal) => {
  if (signal === null) process.exit(code)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})
"""


def main(version, url, folder, *programs):
    out = pathlib.Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    built = {}
    for program in programs:
        target, path = program.split("=", 1)
        if target not in PLATFORMS:
            sys.exit(f"no platform is known for {target}")
        built[target] = pathlib.Path(path).read_bytes()
    npm(out, version, list(built))
    archives = {}
    for target, content in built.items():
        npm_platform(out, version, target, content)
        wheel(out, version, target, content)
        archives[target] = archive(out, version, target, content)
    homebrew(out, version, url, archives)
    winget(out, version, url, archives)


def program_name(target):
    return f"{NAME}.exe" if "windows" in target else NAME


def texts():
    return [(name, (WORKSPACE / name).read_bytes(), 0o644) for name in LICENSES]


# npm

def manifest(version, name, **more):
    about = {"name": name, "version": version, "description": ABOUT, "license": "MIT OR Apache-2.0"} | more
    return ("package.json", (json.dumps(about, indent=2) + "\n").encode(), 0o644)


def npm_name(target):
    system, processor, _ = PLATFORMS[target]
    return f"@{NAME}/{system}-{processor}"


def npm(out, version, targets):
    about = manifest(
        version, NAME, bin={NAME: f"bin/{NAME}.js"}, engines={"node": ">=18"},
        optionalDependencies={npm_name(target): version for target in targets},
    )
    write_tar(out / f"{NAME}-{version}.tgz", "package", [about, (f"bin/{NAME}.js", LAUNCHER.encode(), 0o755), *texts()])


def npm_platform(out, version, target, content):
    system, processor, _ = PLATFORMS[target]
    about = manifest(version, npm_name(target), os=[system], cpu=[processor], preferUnplugged=True)
    name = out / f"{NAME}-{system}-{processor}-{version}.tgz"
    write_tar(name, "package", [about, (program_name(target), content, 0o755), *texts()])


# PyPI

def wheel(out, version, target, content):
    tags = PLATFORMS[target][2]
    distribution = NAME.replace("-", "_")
    info = f"{distribution}-{version}.dist-info"
    metadata = (
        f"Metadata-Version: 2.4\nName: {NAME}\nVersion: {version}\nSummary: {ABOUT}\nLicense-Expression: MIT OR Apache-2.0\n"
        + "".join(f"License-File: {name}\n" for name in LICENSES)
    )
    kinds = "".join(f"Tag: py3-none-{tag}\n" for tag in tags.split("."))
    files = [
        (f"{distribution}-{version}.data/scripts/{program_name(target)}", content, 0o755),
        (f"{info}/METADATA", metadata.encode(), 0o644),
        (f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: {NAME}\nRoot-Is-Purelib: false\n{kinds}".encode(), 0o644),
        *((f"{info}/licenses/{name}", text, mode) for name, text, mode in texts()),
    ]
    record = "".join(f"{name},sha256={urlsafe(text)},{len(text)}\n" for name, text, _ in files)
    files.append((f"{info}/RECORD", f"{record}{info}/RECORD,,\n".encode(), 0o644))
    with zipfile.ZipFile(out / f"{distribution}-{version}-py3-none-{tags}.whl", "w", zipfile.ZIP_DEFLATED) as zipped:
        write_zip(zipped, files)


def urlsafe(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


# Archives, and who names them

def archive(out, version, target, content):
    folder = f"{NAME}-{version}-{target}"
    files = [(program_name(target), content, 0o755), *texts()]
    if "windows" in target:
        path = out / f"{folder}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
            write_zip(zipped, [(f"{folder}/{name}", text, mode) for name, text, mode in files])
    else:
        path = out / f"{folder}.tar.gz"
        write_tar(path, folder, files)
    return path.name, hashlib.sha256(path.read_bytes()).hexdigest()


def homebrew(out, version, url, archives):
    blocks = []
    for system, marker in (("macos", "apple"), ("linux", "linux")):
        lines = []
        for processor, prefix in (("arm", "aarch64"), ("intel", "x86_64")):
            for target, (name, digest) in archives.items():
                if marker in target and target.startswith(prefix):
                    lines.append(f'    on_{processor} do\n      url "{url}/{name}"\n      sha256 "{digest}"\n    end\n')
        if lines:
            blocks.append(f"  on_{system} do\n{''.join(lines)}  end\n")
    if not blocks:
        return
    formula = f'''class LibtvVideo < Formula
  desc "{ABOUT}"
  homepage "{url}"
  version "{version}"
  license any_of: ["MIT", "Apache-2.0"]

{"".join(blocks)}
  def install
    bin.install "{NAME}"
    generate_completions_from_executable(bin/"{NAME}", "completions")
    (man1/"{NAME}.1").write Utils.safe_popen_read(bin/"{NAME}", "man")
  end

  service do
    run [opt_bin/"{NAME}", "serve"]
    environment_variables LIBTV_STARTED_BY: "service"
    keep_alive successful_exit: false
  end

  test do
    assert_match version.to_s, shell_output("#{{bin}}/{NAME} --version")
  end
end
'''
    (out / f"{NAME}.rb").write_text(formula)


def winget(out, version, url, archives):
    target = "x86_64-pc-windows-gnu"
    if target not in archives:
        return
    name, digest = archives[target]
    who, schema = "LibtvVideo.LibtvVideo", "1.6.0"
    head = f"PackageIdentifier: {who}\nPackageVersion: {version}\n"

    def write(kind, suffix, body):
        (out / f"{who}{suffix}.yaml").write_text(f"{head}{body}ManifestType: {kind}\nManifestVersion: {schema}\n")

    write("version", "", "DefaultLocale: en-US\n")
    write("defaultLocale", ".locale.en-US", (
        f"PackageLocale: en-US\nPublisher: {NAME}\nPackageName: {NAME}\nLicense: MIT OR Apache-2.0\nShortDescription: {ABOUT}\n"
    ))
    write("installer", ".installer", (
        "InstallerType: zip\nNestedInstallerType: portable\nNestedInstallerFiles:\n"
        f"  - RelativeFilePath: {NAME}-{version}-{target}\\{NAME}.exe\n    PortableCommandAlias: {NAME}\n"
        f"Installers:\n  - Architecture: x64\n    InstallerUrl: {url}/{name}\n    InstallerSha256: {digest.upper()}\n"
    ))


def write_tar(path, folder, files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as packed:
        for name, text, mode in files:
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mode = len(text), mode
            packed.addfile(entry, io.BytesIO(text))
    path.write_bytes(gzip.compress(content.getvalue(), 9, mtime=0))


def write_zip(zipped, files):
    for name, text, mode in files:
        entry = zipfile.ZipInfo(name, LONG_AGO)
        entry.compress_type = zipfile.ZIP_DEFLATED
        # As a file of Unix, so that the program is one.
        entry.create_system, entry.external_attr = 3, (0o100000 | mode) << 16
        zipped.writestr(entry, text)


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
