"""Looks at what the main example printed and wrote: SUMMARY.json ANSWERS.jsonl PROMPTS."""

import json
import sys
from pathlib import Path

summary_file, answers_file, prompts = sys.argv[1], sys.argv[2], int(sys.argv[3])
summary = json.loads(Path(summary_file).read_text())
answers = [json.loads(line) for line in Path(answers_file).read_text().splitlines()]
questions = Path("examples/data/prompts.jsonl").read_text().splitlines()
asked = [json.loads(line)["id"] for line in questions][:prompts]

checks = {
    "every prompt was answered": summary["ok"] == prompts and summary["failed"] == 0,
    "one line a prompt, in order": [answer["id"] for answer in answers] == asked,
    # 100 workers on calls of about 90 ms; a tenth of what an idle machine does.
    "many at once": summary["speedup"] > 5,
    "the figures fit together": 0 < summary["p50_ms"] <= summary["p95_ms"] <= summary["p99_ms"]
    and abs(summary["requests_per_s"] * summary["wall_s"] - prompts) < prompts / 2,
    "tokens were counted": summary["tokens_per_s"] > 0,
    "retries and throttling are reported": summary["retries"] >= 0 and summary["throttled_s"] >= 0,
}
print(json.dumps(summary))
failed = [name for name, holds in checks.items() if not holds]
if failed:
    sys.exit("llm_batch: this does not hold: " + "; ".join(failed))
