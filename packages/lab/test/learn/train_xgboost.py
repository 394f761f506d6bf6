"""Trains XGBoost on what a test wrote, and answers with its scores: each argument is a folder.

task.json: features, rows, unseen, parameters, rounds, threads. train.bin and unseen.bin: columns, then the target,
then the weight, as float32. Writes scores.bin (float32, margins of the unseen rows) and prints a line of JSON.
"""
import json
import sys
import time

import numpy as np
import xgboost


def matrix(path, columns, rows):
    data = np.fromfile(path, dtype=np.float32).reshape(columns + 2, rows)
    return np.ascontiguousarray(data[:columns].T), data[columns], data[columns + 1]


for folder in sys.argv[1:]:
    task = json.load(open(f"{folder}/task.json"))
    x, y, weight = matrix(f"{folder}/train.bin", task["features"], task["rows"])
    wall, cpu = time.perf_counter(), time.process_time()
    rows = xgboost.DMatrix(x, y, weight=weight, nthread=task["threads"])
    parameters = {"tree_method": "hist", "nthread": task["threads"], **task["parameters"]}
    booster = xgboost.train(parameters, rows, task["rounds"])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    unseen, _, _ = matrix(f"{folder}/unseen.bin", task["features"], task["unseen"])
    scores = booster.predict(xgboost.DMatrix(unseen), output_margin=True)
    scores.astype(np.float32).tofile(f"{folder}/scores.bin")
    print(json.dumps({"wallS": wall, "cpuS": cpu, "version": xgboost.__version__}))
