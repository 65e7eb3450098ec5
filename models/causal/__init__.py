"""What a prediction rests on: attribution, removal, patching, selectivity."""
