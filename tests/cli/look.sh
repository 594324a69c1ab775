#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reports on terminals that are narrow and wide. The cases are in look.py, which reads the files that are
# made here.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/samples.bash"

t_begin "reports have something to look at"
year=(--expires 1y)
sample_root root "${year[@]}"
quiet root rotate root -o root2 --root-key "$KEYS/root2.pub" "${year[@]}" \
    --sign-with "$KEYS/root1.pem" --sign-with "$KEYS/root2.pem"
sample_manifest
cat >>product.yaml <<'YAML'
  - {name: images/rootfs-production-arm64-v8a-hardened-musl.squashfs, file: app.bin, type: rootfs,
     slot: rootfs-a, version: "2026.11.27-build.4711"}
  - {name: ファームウェア/更新.bin, file: app.bin, type: raw, slot: aux}
  - {name: "e\u0301te\u0301.bin", file: app.bin, type: raw, slot: aux}
YAML
for number in 1 2 3 4 5 6; do
    sed -i "s/metadata_version: [0-9]*/metadata_version: $number/" product.yaml
    root=root
    [ "$number" -le 3 ] || root=root2
    quiet build product.yaml -o "b$number.swb" --root $root --key "$KEYS/targets1.pem"
done
cat >fleet.yaml <<'YAML'
states:
  - {name: shipped 2023, count: 1200, root: root, floor: 1}
  - {name: "factory line B, Shenzhen, reworked in spring 2025 with the new bootloader", count: 9999999, root: root2, floor: 3}
  - {name: 東京の倉庫にある予備の機器, count: 4, root: root}
  - {name: "e\u0301quipe de de\u0301veloppement", root: root2, floor: 40}
  - {root: root2, floor: 5}
YAML
for name in {06..12}; do
    printf '  - {name: batch %s, root: root, floor: %d}\n' "$name" "$((10#$name - 4))" >>fleet.yaml
done
# One byte of app.bin is another one.
python3 - <<'PYTHON'
bundle, content = open("b4.swb", "rb").read(), open("app.bin", "rb").read()
at = bundle.index(content)
open("flipped.swb", "wb").write(bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :])
PYTHON
quiet provision --root root -o device --format device-dir
t_end
PYTHONDONTWRITEBYTECODE=1 command python3 "$T_SOURCE/tests/cli/look.py" "$KEYS" "$T_TMP/1"
