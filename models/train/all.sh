#!/usr/bin/env bash
# Every training stage in order: all.sh CONFIG RUN. With two GPUs, stages that do not need each other run side by side.
# What is finished in RUN is not run again, so a stopped run goes on. The logs lie in RUN.
set -euo pipefail
config=${1:?usage: all.sh CONFIG RUN} run=${2:?usage: all.sh CONFIG RUN}
cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p "$run"
export PYTHONUNBUFFERED=1

stage() { # RESULT STAGE [ARGUMENTS]: the stage, unless its result is there
    local result=$1 name=$2
    shift 2
    [ -e "$run/$result" ] || python -m "reasoner.$name" --config "$config" --out "$run" --data "$run/data" "$@"
}
wait_for() { # FILE PID: until the file is there; fails where the process that makes it has ended without
    until [ -e "$run/$1" ]; do
        kill -0 "$2" 2>/dev/null || [ -e "$run/$1" ] || { echo "$1 was not made" >&2; return 1; }
        sleep 1
    done
}
evaluations() { # SETTINGS
    local setting
    for setting in "$@"; do
        stage "evaluate/$setting.json" evaluate --settings "$setting"
    done
}
first() {
    stage sft.json sft
    stage grpo-kl-0.001.json grpo --kl 0.001
    # None of these fills a GPU, so they share it.
    evaluations grpo-kl-0.001 sft sft-stated base-direct base-step-by-step &
    local evaluating=$!
    stage switcher.json switcher
    stage votes.json votes
    wait "$evaluating"
}
second() { # PID of what runs first(), or of this script after it
    [ -e "$run/sft-unmasked.json" ] || wait_for tokens.npz "$1"
    stage sft-unmasked.json sft --unmasked
    wait_for sft.json "$1"
    stage grpo-kl-0.01.json grpo --kl 0.01
    evaluations grpo-kl-0.01 sft-unmasked-own-kv sft-unmasked-shared-kv &
    local evaluating=$!
    wait_for grpo-kl-0.001.json "$1"
    stage verifier.json verifier
    wait "$evaluating"
}

[ -e "$run/data/switcher.jsonl" ] || python -m reasoner.data --config "$config" --out "$run/data"
if [ "$(nvidia-smi -L 2>/dev/null | wc -l)" -ge 2 ]; then
    CUDA_VISIBLE_DEVICES=0 first &
    maker=$!
    CUDA_VISIBLE_DEVICES=1 second "$maker" &
    other=$!
    wait "$maker"
    wait "$other"
else
    first
    second $$
fi
