"""Makes uv.lock and the hash-locked files in requirements/ that ./run and ./test install. Needs uv."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETS = {
    "run": ["--no-default-groups", "--extra", "evaluate", "--extra", "site"],
    "test": ["--no-default-groups", "--group", "dev", "--extra", "site"],
    "mutants": ["--no-default-groups", "--group", "dev", "--group", "mutants", "--extra", "site"],
    "bench": ["--no-default-groups", "--group", "bench"],
    "scan": ["--only-group", "scan"],
    "spark": ["--no-default-groups", "--group", "dev", "--extra", "spark", "--extra", "site"],
}

if __name__ == "__main__":
    subprocess.run(["uv", "lock"], cwd=ROOT, check=True)
    for name, groups in SETS.items():
        target = f"requirements/{name}.txt"
        command = ["uv", "export", "--quiet", "--no-emit-project", "--no-header", "--no-annotate", *groups]
        subprocess.run([*command, "--output-file", target], cwd=ROOT, check=True)
        print(target)
