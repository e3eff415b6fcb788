"""Predict the next air temperature by a heat balance with an estimated soil temperature, heat to stay just above 18 degrees, and vent to stay below a limit that is lower on warm days."""
import math

import numpy as np

COLD_LIMIT = 18.232  # tune: [18.12, 18.34]
COLD_MARGIN_BY_SUN = 0.778  # tune: [0.4, 1.8]
WARM_LIMIT = 23.506  # tune: [23.3, 23.8]
WARM_DAY = 10.81
PRECOOLING = 1.3
PRECOOLED_ABOVE_COLD_LIMIT = 0.2
HUMID_LIMIT = 83.57
VENT_PER_PERCENT = 0.1

# Degrees that the air gains in a step, by full heat, by full sun, and per degree of difference
BY_HEAT = 2.2
BY_SUN = 2.536  # tune: [1.8, 2.8]
BY_WALLS = 0.0257  # tune: [0.018, 0.032]
BY_VENT = 0.229  # tune: [0.17, 0.3]
BY_SOIL = 0.08  # tune: [0.05, 0.14]
SOIL_RELAXATION = 0.0125
SOIL_LEARNING = 0.133  # tune: [0.03, 0.35]

OUTSIDE_SWING = 6.0
LAST_HOT_STEP = 234  # three o'clock in the afternoon of the second day


class Policy:
    def reset(self, seed=None, spaces=None):
        self.steps = 0
        self.soil = None
        self.expected = None

    def act(self, observation):
        temperature = float(observation["air"]["temperature"][0])
        humidity = float(observation["air"]["humidity"][0])
        outside = float(observation["outside"][0])
        sun = float(observation["sun"][0])
        hour = float(observation["hour"][0])

        self.steps += 1
        if self.soil is None:
            self.soil = temperature
        else:
            learning = max(SOIL_LEARNING, 1.0 / (self.steps + 1))
            self.soil += learning * (temperature - self.expected) / BY_SOIL
            self.soil += SOIL_RELAXATION * (temperature - self.soil)

        day_mean = outside - OUTSIDE_SWING * math.sin(2 * math.pi * (hour - 9) / 24)
        cold_limit = COLD_LIMIT + COLD_MARGIN_BY_SUN * min(sun, 0.5)
        warm_limit = WARM_LIMIT
        if self.steps <= LAST_HOT_STEP:
            warm_limit -= PRECOOLING * max(day_mean - WARM_DAY, 0.0)
        warm_limit = max(warm_limit, cold_limit + PRECOOLED_ABOVE_COLD_LIMIT)

        free = (temperature + BY_SUN * sun + BY_WALLS * (outside - temperature)
                + BY_SOIL * (self.soil - temperature))

        vent_cooling = BY_VENT * (temperature - outside)
        vent_warm = 0.0
        if vent_cooling > 0:
            vent_warm = (free - warm_limit) / max(vent_cooling, 0.05)
        vent_humid = VENT_PER_PERCENT * (humidity - HUMID_LIMIT)
        vent = min(max(vent_warm, vent_humid, 0.0), 1.0)

        vented = free - vent * vent_cooling
        heat = min(max((cold_limit - vented) / BY_HEAT, 0.0), 1.0)

        self.expected = vented + heat * BY_HEAT
        return {"heat": np.array([heat]), "vent": np.array([vent])}
