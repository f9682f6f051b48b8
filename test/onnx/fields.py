"""Prints the messages of Python's onnx as JSON: for each message its fields as [number, name, label, type]."""
import json

from onnx import onnx_ml_pb2
from google.protobuf.descriptor import FieldDescriptor

kinds = {getattr(FieldDescriptor, name): name[5:].lower() for name in dir(FieldDescriptor) if name.startswith("TYPE_")}


def label(field):
    return "repeated" if field.is_repeated else "required" if field.is_required else "optional"


def fields(message):
    named = lambda field: field.message_type or field.enum_type
    return [
        [field.number, field.name, label(field), named(field).name if named(field) else kinds[field.type]]
        for field in sorted(message.fields, key=lambda field: field.number)
    ]


def walk(messages):
    for message in messages:
        yield message.full_name, fields(message)
        yield from walk(message.nested_types)


print(json.dumps(dict(walk(onnx_ml_pb2.DESCRIPTOR.message_types_by_name.values()))))
