"""Who fits whom: by wishes and by what was wrong, never by anybody's results."""
