#!/usr/bin/env python3
"""Prints the parts list of a package of this workspace as CycloneDX 1.5: the crates that are compiled into it for a
target, with versions, licences, the registry's checksums, and who needs whom. Build tools and test-only crates are left
out. Names no time and no serial number, so that the same Cargo.lock gives the same bytes.

Usage: sbom.py PACKAGE TARGET [FEATURE…]   without features the package's default ones
"""

import json
import pathlib
import subprocess
import sys
import tomllib

workspace = pathlib.Path(__file__).resolve().parents[1]


def main(package, target, *features):
    metadata = cargo_metadata(target, features)
    packages = {found["id"]: found for found in metadata["packages"]}
    needs = {
        node["id"]: sorted(
            found["pkg"]
            for found in node["deps"]
            if any(kind["kind"] is None for kind in found["dep_kinds"]) and not is_macro(packages[found["pkg"]])
        )
        for node in metadata["resolve"]["nodes"]
    }
    root = next(found["id"] for found in packages.values() if found["name"] == package and found["source"] is None)
    compiled_in, waiting = set(), [root]
    while waiting:
        if (next_one := waiting.pop()) not in compiled_in:
            compiled_in.add(next_one)
            waiting += needs[next_one]

    checksums = locked_checksums()
    parts = sorted(compiled_in - {root}, key=lambda id: (packages[id]["name"], packages[id]["version"]))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": component(packages[root], checksums) | {"type": "application"}},
        "components": [component(packages[id], checksums) for id in parts],
        "dependencies": [
            {"ref": purl(packages[id]), "dependsOn": [purl(packages[needed]) for needed in needs[id]]} for id in [root, *parts]
        ],
    }
    json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
    print()


def cargo_metadata(target, features):
    chosen = ["--no-default-features", "--features", ",".join(features)] if features else []
    output = subprocess.run(
        ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target, *chosen],
        cwd=workspace, stdout=subprocess.PIPE, check=True,
    ).stdout
    return json.loads(output)


def is_macro(package):
    return any("proc-macro" in target["kind"] for target in package["targets"])


def locked_checksums():
    with open(workspace / "Cargo.lock", "rb") as file:
        return {(found["name"], found["version"]): found.get("checksum") for found in tomllib.load(file)["package"]}


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package, checksums):
    told = {"type": "library", "bom-ref": purl(package), "name": package["name"], "version": package["version"], "purl": purl(package)}
    if package["license"]:
        # Cargo once took a slash for "or".
        told["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if checksum := checksums[package["name"], package["version"]]:
        told["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return told


if __name__ == "__main__":
    main(*sys.argv[1:])
