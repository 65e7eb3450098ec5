"""Labels in and out of files: lines of JSON, Neuronpedia's exports, delphi's result folders. See docs/labels.md."""
