"""One file per page: parse the request, call one service, render its view. ``/parts/...`` give a panel alone."""
