/* The ledger's tables and views, as SQL.
 *
 * Tables (schema version 2; PRAGMA user_version tells a file's version, PRAGMA application_id 0x43504c47 that it is a ledger):
 *
 *     runs         one row a run: id (of this file), uid (16 hex digits, the same wherever the row is copied), tool, version, build, argv (as a shell
 *                  reads it), cwd, seed, threads, blas, cpu, source, host, boot, pidns, pid, born (who runs it), rerun_of (uid), recipe (digest of tool, content
 *                  options and input digests: what should decide the output), started, ended (UTC), wall_s, cpu_s, peak_mb,
 *                  status (running done failed interrupted killed), exit, why (one sentence)
 *     params       run, name, value, given (1: on the command line, 2: by a preset, 0: a default or found), content (1: part of the recipe)
 *     inputs       run, n, role, path, via (file, folder, stdin: a file redirected, pipe), digest (XXH3-128 of the bytes), content, rows, bytes
 *     outputs      the same columns; via: file, stdout, pipe
 *     metrics      run, split, stratum, epoch, key, value; '' and -1 stand for "none" and "at the end", and an epoch of 0.25 for
 *                  an evaluation after a quarter of the first
 *     comparisons  run, n, method, split, stratum, key, a, b, value_a, value_b, diff, se, statistic, p, rows
 *     tags         run, name, value: what somebody said the run is for (CP_TAGS); a grid says scale, data, model, plm, variant, way and
 *                  seed, and cells, how many it has
 *
 * Views only join:
 *
 *     edges          run, made_by: the run whose output (by digest) the run read
 *     resumed        run, before: the run whose state a training goes on from; NULL where it is not in the ledger
 *     parts          run, part, wall_s, cpu_s, peak_mb: a training and those before it in which it was begun and broken off; of one that was killed, what
 *                    it had taken when it saved its last state
 *     trained        run, train: the training run behind a run of cp-train, cp-predict or cp-auc
 *     results        a line a run, split and stratum with its model, stage, AUC and log loss
 *     runs_wide      a line a run with the parameters and figures most asked for
 *     disagreements  pairs of runs of one recipe whose outputs differ, and what else differs between the two
 *     cells          a line a tagged cell, split and stratum: auc, logloss, n, the run that scored it and the digest and path of the scores
 *     averages       the same over seeds: seeds, auc, auc_sd, logloss, logloss_sd, n, runs
 *     trainings      a line a tagged training: run (the last), wall_s, cpu_s (over all its parts; NULL where that of one is not known), peak_mb, parts
 *     table2 ... table6   the paper's tables: scale, data, place (their order), block (the CTR model of tables 3 to 5, the stratum of 6), line, seeds,
 *                    auc, auc_sd, logloss, logloss_sd (over seeds), n (rows), best (of its block), base (the line it is compared with), impr (of
 *                    the AUC, per cent), p (Student's paired t over seeds, two-sided), delong_p (the largest over the seeds, where all were
 *                    tested), better (at 0.05: by p of three seeds or more; of fewer by delong_p, and with each of them), paper_auc, paper_logloss,
 *                    paper_impr, runs (of cp-auc).  All are lines of `tables`, where tab is the number; made of layout, paper, entries, means,
 *                    pairs and tests (lib/ledger/tables.sql).
 *
 * A program reads ledgers of its own version and brings older ones up (one list of statements a version, in one transaction); it refuses newer
 * ones with a sentence.  A version that has been released is never edited: a change is a new entry at the end of the list.  Views are the
 * program's: where those of a ledger read otherwise, they are made anew, and its version stays.
 */
#ifndef CP_LEDGER_SCHEMA_H
#define CP_LEDGER_SCHEMA_H

#define CP_LEDGER_APPLICATION_ID 0x43504c47	/* "CPLG" */
#define CP_LEDGER_SCHEMA 2

/* [i] takes a ledger from version i to i + 1. */
extern const char *const cp_ledger_migrations[CP_LEDGER_SCHEMA];

/* The views, each dropped and made; those of the tables use the others. */
extern const char cp_ledger_views[], cp_ledger_tables[];

/* Those of a connection that asks (cp_db_queries). */
extern const char cp_ledger_queries[];

#endif
