"""What somebody does with MLflow's Python client, in MLflow's own environment: `python mlflow_user.py log|read|change`.

Prints one JSON object: what each step returned, or, of each change, what the client says of the refusal.
"""

import json
import os
import pathlib
import sys
import tempfile

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

EXPERIMENT, MODEL = "weather", "forecaster"


def log() -> dict[str, object]:
    """A run with everything that a run has, a registered model and a trace."""
    mlflow.set_experiment(EXPERIMENT)
    with mlflow.start_run(run_name="first") as run:
        mlflow.log_params({"layers": 3, "rate": 0.1})
        for step in range(3):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_text("It will rain.", "notes/forecast.txt")
        mlflow.log_dict({"rain": True}, "a b+c.json")
        mlflow.set_tag("kind", "test")
        info = mlflow.pyfunc.log_model(name="model", python_model=lambda model_input: model_input, pip_requirements=[])
    client = MlflowClient()
    client.create_registered_model(MODEL)
    version = client.create_model_version(MODEL, info.model_uri, run.info.run_id, model_id=info.model_id)
    client.set_registered_model_alias(MODEL, "champion", version.version)
    with mlflow.start_span(name="question") as span:
        span.set_inputs({"place": "here"})
    mlflow.flush_trace_async_logging()
    return {"run": run.info.run_id, "user": client.get_run(run.info.run_id).data.tags.get("mlflow.user")}


def read() -> dict[str, object]:
    client = MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    (run,) = client.search_runs([experiment.experiment_id], "metrics.loss < 1 and params.layers = '3'")
    run_id = run.info.run_id
    version = client.get_model_version_by_alias(MODEL, "champion")
    traces = client.search_traces(locations=[experiment.experiment_id])
    with tempfile.TemporaryDirectory() as folder:
        downloaded = pathlib.Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="notes", dst_path=folder))
        forecast = (downloaded / "forecast.txt").read_text()
        models = mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{MODEL}@champion", dst_path=folder)
        model_files = sorted(path.name for path in pathlib.Path(models).iterdir())
    return {
        "experiments": sorted(found.name for found in client.search_experiments()),
        "losses": [round(metric.value, 2) for metric in client.get_metric_history(run_id, "loss")],
        "frame": mlflow.search_runs(experiment_names=[EXPERIMENT]).shape[0],
        "artifacts": sorted(item.path for item in client.list_artifacts(run_id)),
        "dictionary": mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/a b+c.json"),
        "forecast": forecast,
        "model_files": model_files,
        "registered": [model.name for model in client.search_registered_models()],
        "versions": [found.version for found in client.search_model_versions(f"name='{MODEL}'")],
        "latest": [found.version for found in client.get_latest_versions(MODEL)],
        "champion": version.run_id == run_id,
        "logged_models": len(client.search_logged_models([experiment.experiment_id])),
        "spans": [span.name for trace in traces for span in trace.data.spans],
        "trace": mlflow.get_trace(traces[0].info.trace_id).info.trace_id == traces[0].info.trace_id,
    }


def change() -> dict[str, object]:
    """Changes of every kind, each of which is to be refused."""
    client = MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    (run,) = client.search_runs([experiment.experiment_id])
    (trace,) = client.search_traces(locations=[experiment.experiment_id])
    model_id = client.search_logged_models([experiment.experiment_id])[0].model_id
    run_id, experiment_id, trace_id = run.info.run_id, experiment.experiment_id, trace.info.trace_id
    changes = {
        "create_experiment": lambda: client.create_experiment("other"),
        "rename_experiment": lambda: client.rename_experiment(experiment_id, "other"),
        "delete_experiment": lambda: client.delete_experiment(experiment_id),
        "set_experiment_tag": lambda: client.set_experiment_tag(experiment_id, "a", "b"),
        "create_run": lambda: client.create_run(experiment_id),
        "log_metric": lambda: client.log_metric(run_id, "loss", 0, synchronous=True),
        "log_param": lambda: client.log_param(run_id, "a", "b", synchronous=True),
        "log_batch": lambda: client.log_batch(run_id, tags=[mlflow.entities.RunTag("a", "b")], synchronous=True),
        "set_tag": lambda: client.set_tag(run_id, "a", "b", synchronous=True),
        "delete_tag": lambda: client.delete_tag(run_id, "kind"),
        "set_terminated": lambda: client.set_terminated(run_id),
        "delete_run": lambda: client.delete_run(run_id),
        "restore_run": lambda: client.restore_run(run_id),
        "log_artifact": lambda: client.log_text(run_id, "It will not.", "notes/forecast.txt"),
        "log_model_params": lambda: client.log_model_params(model_id, {"a": "b"}),
        "delete_logged_model": lambda: client.delete_logged_model(model_id),
        "create_registered_model": lambda: client.create_registered_model("other"),
        "rename_registered_model": lambda: client.rename_registered_model(MODEL, "other"),
        "delete_registered_model": lambda: client.delete_registered_model(MODEL),
        "create_model_version": lambda: client.create_model_version(MODEL, f"models:/{model_id}", run_id, model_id=model_id),
        "delete_model_version": lambda: client.delete_model_version(MODEL, "1"),
        "set_alias": lambda: client.set_registered_model_alias(MODEL, "champion", "1"),
        "set_trace_tag": lambda: client.set_trace_tag(trace_id, "a", "b"),
        "delete_traces": lambda: client.delete_traces(experiment_id, trace_ids=[trace_id]),
        "log_feedback": lambda: mlflow.log_feedback(trace_id=trace_id, name="good", value=True),
    }
    return {name: _refusal(change) for name, change in changes.items()}


def _refusal(change) -> str:
    try:
        change()
    except MlflowException as refusal:
        return str(refusal)
    except Exception as error:  # The artifact client raises its HTTP library's own.
        return f"{type(error).__name__}: {error}"
    return "was done"


if __name__ == "__main__":
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])
    print(json.dumps({"log": log, "read": read, "change": change}[sys.argv[1]]()))
