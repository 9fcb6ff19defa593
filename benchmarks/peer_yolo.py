"""The ways of `peers.py`: YOLOv8s with SAHI on torch, and YOLOv8s alone on OpenVINO.

It runs in the environment that `peers.py` describes, not in that of the project.

    python benchmarks/peer_yolo.py prepare mosaic.tif folder 600
    python benchmarks/peer_yolo.py sahi mosaic.tif folder
    python benchmarks/peer_yolo.py float32 mosaic.tif folder

`prepare` writes the networks into the folder. Every command ends with one line of JSON.
"""

import json
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PIL import Image

# Nothing is to be downloaded, installed or sent, and no settings of the user to be touched.
os.environ |= {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false", "NNCF_CI": "1"}
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # OpenVINO then sends nothing

SLICE_PX, OVERLAP = 640, 0.2
CONFIDENCE = 0.3  # SAHI's default
SAMPLES = 8
IOU = 0.7  # Ultralytics' default
PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "int8": "f32"}
PACKAGES = ("ultralytics", "sahi", "torch", "openvino", "nncf")


def main() -> None:
    """Run the way that the command line names."""
    way, mosaic, folder, *rest = sys.argv[1:]
    os.environ["YOLO_CONFIG_DIR"] = folder
    if way == "prepare":
        done = prepare(Path(mosaic), Path(folder), float(rest[0]))
    elif way == "sahi":
        done = sahi(Path(mosaic), Path(folder))
    else:
        done = bare(Path(mosaic), Path(folder), way)
    print(json.dumps(done, default=float))


def prepare(mosaic: Path, folder: Path, boxes_per_mpx: float) -> dict[str, Any]:
    """Write the networks, whose random weights give as many boxes as asked for."""
    import nncf
    import openvino as ov
    import torch

    suppression = choose_suppression()
    from ultralytics import YOLO
    from ultralytics.nn.modules import C2f
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(1)
    tiles = list(read_tiles(mosaic))
    chosen = [tiles[place] for place in np.linspace(0, len(tiles) - 1, SAMPLES).astype(int)]
    images = torch.from_numpy(np.concatenate([network_input(tile) for tile in chosen]))
    yolo = YOLO("yolov8s.yaml")
    yolo.model = DetectionModel("yolov8s.yaml", nc=1, verbose=False)
    normalise(yolo.model, images)
    score = score_of_boxes(yolo, chosen, boxes_per_mpx)
    for branch in yolo.model.model[-1].cv3:
        branch[-1].bias.data += logit(CONFIDENCE) - logit(score)
    torch.save({"model": yolo.model.half()}, folder / "yolov8s.pt")
    network = yolo.model.float().eval().fuse(verbose=False)
    network.model[-1].export = True
    for layer in network.modules():
        if isinstance(layer, C2f):
            layer.forward = layer.forward_split
    image = images[:1]
    with torch.no_grad():
        network(image)  # lays out the grids of the detection head
    model = ov.convert_model(network, example_input=image, input=[list(image.shape)])
    ov.save_model(model, folder / "float.xml", compress_to_fp16=False)
    data = nncf.Dataset([image[None].numpy() for image in images])
    decoding = [r".*model\.22/.*", r".*model\.22\.dfl.*"]
    ignored = nncf.IgnoredScope(types=["Sigmoid"], patterns=decoding, validate=False)
    mixed = nncf.QuantizationPreset.MIXED  # all of this as Ultralytics' exporter does
    small = nncf.quantize(model, data, preset=mixed, ignored_scope=ignored, subset_size=SAMPLES)
    ov.save_model(small, folder / "int8.xml")
    able = ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    versions = {name: version(name) for name in PACKAGES}
    return {"versions": versions, "capabilities": able, "suppression": suppression}


def choose_suppression() -> str:
    """Have Ultralytics use its own non-maximum suppression where torchvision's does not load.

    So it is with a torchvision that is built for another torch. Returns whose is used.
    """
    try:
        import torchvision

        return f"torchvision {torchvision.__version__}"
    except (ImportError, RuntimeError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
    module = sys.modules["torchvision"] = ModuleType("torchvision")
    module.__spec__ = ModuleSpec("torchvision", None)
    from ultralytics.utils.nms import TorchNMS

    module.ops = TorchNMS  # type: ignore[attr-defined]  # nms(boxes, scores, threshold), as there
    return "Ultralytics"


def normalise(model: Any, images: Any) -> None:
    """Fit the batch normalizations to images, and make boxes as small as most craters.

    Without the first, random weights give the same score everywhere. The second is a bias under
    which the box of a cell is about 1.2 cells wide: 9, 19 and 37 px on the three grids.
    """
    import torch

    layers = [layer for layer in model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    former = [layer.momentum for layer in layers]
    for layer in layers:
        layer.momentum = None  # the mean of all that it sees
        layer.reset_running_stats()
    model.train()
    with torch.no_grad():
        for batch in images.split(4):
            model(batch)
    model.eval()
    for layer, momentum in zip(layers, former, strict=True):
        layer.momentum = momentum
    head = model.model[-1]
    for branch in head.cv2:
        branch[-1].bias.data = -torch.arange(head.reg_max, dtype=torch.float32).repeat(4)


def score_of_boxes(yolo: Any, tiles: list[np.ndarray], boxes_per_mpx: float) -> float:
    """Score that as many boxes reach, after non-maximum suppression, as asked for."""
    scores = []
    for tile in tiles:
        found = yolo.predict(tile, conf=1e-6, iou=IOU, max_det=10**5, verbose=False, device="cpu")
        scores.append(found[0].boxes.conf.numpy())
    every = np.sort(np.concatenate(scores))[::-1]
    wanted = round(boxes_per_mpx * len(tiles) * SLICE_PX**2 / 1e6)
    if wanted >= len(every):
        sys.exit(f"the random network gives {len(every)} boxes, not {wanted}")
    return float(every[wanted])


def logit(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


def sahi(mosaic: Path, folder: Path) -> dict[str, Any]:
    """Detect on slices and merge, as SAHI's documentation shows, and write the boxes.

    The further prediction on the whole image, shrunk, is left out.
    """
    choose_suppression()
    from sahi import AutoDetectionModel
    from sahi.predict import get_sliced_prediction

    model = AutoDetectionModel.from_pretrained(
        "ultralytics", str(folder / "yolov8s.pt"), confidence_threshold=CONFIDENCE, device="cpu"
    )
    options = {"slice_height": SLICE_PX, "slice_width": SLICE_PX, "perform_standard_pred": False}
    overlaps = {"overlap_height_ratio": OVERLAP, "overlap_width_ratio": OVERLAP}
    result = get_sliced_prediction(str(mosaic), model, **options, **overlaps, verbose=0)
    boxes = result.to_coco_predictions(image_id=1)
    (folder / "boxes.json").write_text(json.dumps(boxes, default=float))
    return {"boxes": len(boxes), "seconds": result.durations_in_seconds}


def bare(mosaic: Path, folder: Path, precision: str) -> dict[str, Any]:
    """Give the network all tiles, as many at once as OpenVINO deems best; decode nothing."""
    import openvino as ov

    name = "int8.xml" if precision == "int8" else "float.xml"
    hints = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": PRECISIONS[precision]}
    network = ov.Core().compile_model(folder / name, "CPU", hints)
    queue = ov.AsyncInferQueue(network)
    count = 0
    for tile in read_tiles(mosaic):
        queue.start_async({0: network_input(tile)})
        count += 1
    queue.wait_all()
    return {"tiles": count}


def read_tiles(mosaic: Path):
    """Yield the tiles, RGB, at the places of SAHI's slices: the last ones are moved inwards."""
    Image.MAX_IMAGE_PIXELS = None
    values = np.asarray(Image.open(mosaic).convert("RGB"))
    tops, lefts = (starts(size) for size in values.shape[:2])
    for top in tops:
        for left in lefts:
            yield values[top : top + SLICE_PX, left : left + SLICE_PX]


def starts(size: int) -> list[int]:
    step = SLICE_PX - int(SLICE_PX * OVERLAP)
    inner = range(0, max(size - SLICE_PX, 0), step)
    return [*inner, max(size - SLICE_PX, 0)]


def network_input(tile: np.ndarray) -> np.ndarray:
    """A tile as the network takes it: float32, 1 x 3 x height x width, 0 to 1."""
    return np.ascontiguousarray(tile.transpose(2, 0, 1)[None], np.float32) / np.float32(255.0)


if __name__ == "__main__":
    main()
