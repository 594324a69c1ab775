# SPDX-License-Identifier: Apache-2.0
"""sarif.py JSON SARIF: whether SARIF has the structure that SARIF 2.1.0 (OASIS) asks for, with the limits
that code-scanning pages set, and whether it tells what JSON does."""

import json
import sys
import urllib.parse


def members(value, required, optional=()):
    assert isinstance(value, dict), value
    assert set(required) <= set(value) <= set(required) | set(optional), sorted(value)


def text(value):
    assert isinstance(value, str) and value, value


def check_rule(rule):
    members(rule, ["id", "shortDescription"])
    text(rule["id"])
    members(rule["shortDescription"], ["text"])
    text(rule["shortDescription"]["text"])
    assert rule["shortDescription"]["text"] != rule["id"], f"{rule['id']} is not explained"


def path_of(uri):
    """The path that the URI stands for; it must be one of RFC 3986."""
    for character in uri:
        assert character.isascii() and (character.isalnum() or character in "-._~!$&'()*+,;=@/%:"), uri
    parts = urllib.parse.urlsplit(uri)
    assert parts.scheme in ("", "file") and not parts.netloc and not parts.query and not parts.fragment, uri
    assert parts.scheme == "" or parts.path.startswith("/"), uri
    return urllib.parse.unquote(parts.path)


def check_result(result, rules):
    members(result, ["ruleId", "ruleIndex", "level", "message", "locations"])
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"], result
    assert result["level"] in ("error", "warning"), result
    members(result["message"], ["text"])
    text(result["message"]["text"])
    assert len(result["locations"]) == 1
    members(result["locations"][0], ["physicalLocation"])
    place = result["locations"][0]["physicalLocation"]
    members(place, ["artifactLocation"], ["region"])
    members(place["artifactLocation"], ["uri"])
    if "region" in place:
        members(place["region"], ["startLine"], ["startColumn"])
        assert all(isinstance(value, int) and value >= 1 for value in place["region"].values()), place
    return path_of(place["artifactLocation"]["uri"]), place.get("region", {})


def main(plain, sarif):
    members(sarif, ["$schema", "version", "runs"])
    assert sarif["version"] == "2.1.0" and sarif["$schema"].startswith("https://")
    assert len(sarif["runs"]) == 1
    run = sarif["runs"][0]
    members(run, ["tool", "columnKind", "results", "properties"])
    members(run["tool"], ["driver"])
    driver = run["tool"]["driver"]
    members(driver, ["name", "version", "rules"])
    text(driver["version"])
    for rule in driver["rules"]:
        check_rule(rule)
    codes = [rule["id"] for rule in driver["rules"]]
    assert len(codes) == len(set(codes)), codes

    findings = [(file, finding) for file in plain["files"] for finding in file["findings"]]
    assert len(findings) == len(run["results"]), "another count of findings"
    for (file, finding), result in zip(findings, run["results"]):
        path, region = check_result(result, driver["rules"])
        name = finding.get("file", file["file"])
        expected = "/" + name.lstrip("/") if name.startswith("/") else name
        assert path == expected, f"{path}, expected {expected}"
        assert region.get("startLine") == finding.get("line"), (region, finding)
        assert region.get("startColumn") == finding.get("column"), (region, finding)
        assert (result["ruleId"], result["level"]) == (finding["code"], finding["level"])
        said = finding["message"] + ("\nhint: " + finding["hint"] if "hint" in finding else "")
        assert result["message"]["text"] == said, said
    omitted = sum(file["findings_omitted"] for file in plain["files"])
    assert run["properties"] == {"findings_omitted": omitted}


with open(sys.argv[1], encoding="utf-8") as plain, open(sys.argv[2], encoding="utf-8") as sarif:
    main(json.load(plain), json.load(sarif))
