"""Trains XGBoost on what a test wrote, and answers with its scores: sys.argv[1] is a folder.

task.json: features, rows, unseen, parameters, rounds, threads. train.bin and unseen.bin: columns, then the target,
then the weight, as float32. Writes scores.bin (float32, margins of the unseen rows) and prints JSON.
"""
import json
import sys
import time

import numpy as np
import xgboost

folder = sys.argv[1]
task = json.load(open(f"{folder}/task.json"))


def matrix(name, rows):
    columns = task["features"]
    data = np.fromfile(f"{folder}/{name}.bin", dtype=np.float32).reshape(columns + 2, rows)
    return np.ascontiguousarray(data[:columns].T), data[columns], data[columns + 1]


x, y, weight = matrix("train", task["rows"])
wall, cpu = time.perf_counter(), time.process_time()
rows = xgboost.DMatrix(x, y, weight=weight, nthread=task["threads"])
parameters = {"tree_method": "hist", "nthread": task["threads"], **task["parameters"]}
booster = xgboost.train(parameters, rows, task["rounds"])
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
if task["unseen"]:
    unseen, _, _ = matrix("unseen", task["unseen"])
    booster.predict(xgboost.DMatrix(unseen), output_margin=True).astype(np.float32).tofile(f"{folder}/scores.bin")
print(json.dumps({"wallS": wall, "cpuS": cpu, "version": xgboost.__version__}))
