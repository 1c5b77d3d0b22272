#!/bin/sh
#SBATCH --job-name=clickprompt
#SBATCH --array=1-5
#SBATCH --cpus-per-task=4
#SBATCH --time=01:00:00
#SBATCH --signal=B:TERM@60
# sbatch slurm-array.sh ROWS MODEL: a seed a task, on ROWS.train.cps and ROWS.valid.cps, scored on ROWS.test.cps.
# A task that is stopped by its time is resumed by asking again.  Each task writes a ledger of its own, since many machines and one SQLite file on a
# network's disk do not go together; afterwards they are joined into one:
#
#     cp-ledger --ledger runs/ledger.db merge runs/MODEL-*/ledger.db
set -eu
rows=$1
model=$2
seed=$SLURM_ARRAY_TASK_ID
made=runs/$model-$seed
mkdir -p "$made"
CP_LEDGER=$made/ledger.db
export CP_LEDGER
srun cp-train -q --resume --stage ctr --model "$model" --seed "$seed" --threads "$SLURM_CPUS_PER_TASK" \
	--train "$rows.train.cps" --valid "$rows.valid.cps" -o "$made/ctr.cpm"
srun cp-predict -q --threads "$SLURM_CPUS_PER_TASK" -m "$made/ctr.cpm" -o "$made/ctr.tsv" "$rows.test.cps"
cp-auc -q --split test -o "$made/ctr.auc" "$made/ctr.tsv"
