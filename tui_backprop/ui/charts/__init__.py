"""From curves to drawn charts: what is drawn, on which axes, and plotext behind one file."""
