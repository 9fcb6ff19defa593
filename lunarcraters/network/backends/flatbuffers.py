"""Flatbuffers of LiteRT: two graphs that follow each other become one.

What passes from one to the other is then not copied, and its memory is shared with other layers.
"""

from typing import Any

from ai_edge_litert import schema_py_generated as schema
from flatbuffers import Builder


def join(first: bytes, second: bytes) -> bytes:
    """Join two flatbuffers, each of one graph with one signature.

    Args:
        first: Flatbuffer with one output.
        second: Flatbuffer with one input, which is that output.

    Returns:
        Flatbuffer from the input of the first to the outputs of the second, under their names.
    """
    model, tail = _unpack(first), _unpack(second)
    graph, added = model.subgraphs[0], tail.subgraphs[0]
    passed = {int(added.inputs[0]): int(graph.outputs[0])}
    tensors, buffers, codes = len(graph.tensors), len(model.buffers), len(model.operatorCodes)

    def renumber(tensor: int) -> int:
        """Number of a tensor of the second graph; negative where an input is left out."""
        return tensor if tensor < 0 else passed.get(tensor, tensor + tensors)

    for tensor in added.tensors:
        tensor.buffer += buffers
    for operator in added.operators:
        operator.opcodeIndex += codes
        operator.inputs = [renumber(int(tensor)) for tensor in operator.inputs]
        operator.outputs = [renumber(int(tensor)) for tensor in operator.outputs]
    signature, ending = model.signatureDefs[0], tail.signatureDefs[0]
    for output in ending.outputs:
        output.tensorIndex = renumber(output.tensorIndex)
    signature.outputs = ending.outputs
    graph.outputs = [renumber(int(tensor)) for tensor in added.outputs]
    graph.tensors += added.tensors
    graph.operators += added.operators
    model.buffers += tail.buffers
    model.operatorCodes += tail.operatorCodes
    model.metadata = None  # describes the first alone
    return _pack(model)


def _unpack(content: bytes) -> Any:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


def _pack(model: Any) -> bytes:
    builder = Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
