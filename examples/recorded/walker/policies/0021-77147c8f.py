"""Walk with a three-phase gait (swing a leg, put it down, push off) that PD joint control and hull levelling follow."""
import numpy as np

PUSH_SPEED = 0.3434  # tune: [0.335, 0.348]
SUPPORT_KNEE = 0.0153
SWING_HIP = 1.028
SWING_KNEE = -0.448
SAFE_SPEED = 0.44
BRAKE_HIP = 3.0
BRAKE_SWING = 6.0
BRAKE_READY = 1.0
SWING_READY = 0.7
SUPPORT_BEHIND = 0.176
SUPPORT_FAR_BEHIND = -0.15
LAND_HIP = 0.2659  # tune: [0.25, 0.29]
HIP_GAIN = 0.888  # tune: [0.86, 0.96]
HULL_GAIN = 0.61
HULL_DAMPING = 1.8
START_LAND_HIP, START_HIP_GAIN, START_HULL_GAIN, START_HULL_DAMPING = 0.255, 0.762, 0.451, 1.03  # tip forward safely
VERTICAL_DAMPING = 7.46
KNEE_GAIN = 2.0
JOINT_DAMPING = 0.125
PUSH_KNEE = 1.0
PUSH_DONE = 0.88
KNEE_STRETCH_STEP = 0.03

SWING, PUT_DOWN, PUSH_OFF = range(3)


class Policy:
    def __init__(self):
        self.restart()

    def reset(self, seed=None, spaces=None):
        self.restart()

    def restart(self):
        self.phase = PUT_DOWN
        self.walking = False  # until the first stance has tipped forward
        self.moving = 0
        self.knee_hold = SUPPORT_KNEE

    def act(self, observation):
        s = [float(x) for x in observation]
        hull_angle, hull_rate, speed, climb = s[0:4]
        hip, hip_rate = (s[4], s[9]), (s[5], s[10])
        knee, knee_rate = (s[6], s[11]), (s[7], s[12])
        contact = (s[8] > 0.5, s[13] > 0.5)
        land_hip, hip_gain, hull_gain, hull_damping = START_LAND_HIP, START_HIP_GAIN, START_HULL_GAIN, START_HULL_DAMPING
        if self.walking:
            land_hip, hip_gain, hull_gain, hull_damping = LAND_HIP, HIP_GAIN, HULL_GAIN, HULL_DAMPING
        overspeed = max(0.0, speed - SAFE_SPEED)
        move, support = self.moving, 1 - self.moving
        hip_target = [None, None]
        knee_target = [None, None]

        if self.phase == SWING:
            hip_target[move] = SWING_HIP
            hip_gain *= 1.0 + BRAKE_SWING * overspeed
            knee_target[move] = SWING_KNEE
            stretch = KNEE_STRETCH_STEP * (2 if speed > PUSH_SPEED / 1.2 else 1)
            self.knee_hold = min(self.knee_hold + stretch, SUPPORT_KNEE)
            knee_target[support] = self.knee_hold
            swung = hip[move] > SWING_READY + BRAKE_READY * overspeed or hip[support] < SUPPORT_FAR_BEHIND
            if hip[support] < SUPPORT_BEHIND and swung:
                self.phase = PUT_DOWN
                self.walking = True
        if self.phase == PUT_DOWN:
            hip_target[move] = min(SWING_HIP, land_hip + BRAKE_HIP * overspeed)
            knee_target[move] = SUPPORT_KNEE
            knee_target[support] = self.knee_hold
            if contact[move]:
                self.phase = PUSH_OFF
                self.knee_hold = min(knee[move], SUPPORT_KNEE)
        if self.phase == PUSH_OFF:
            knee_target[move] = self.knee_hold
            knee_target[support] = PUSH_KNEE
            if knee[support] > PUSH_DONE or speed > PUSH_SPEED:
                self.phase = SWING
                self.moving = support

        level_hull = hull_gain * hull_angle + hull_damping * hull_rate
        action = []
        for leg in (0, 1):
            turn_hip = level_hull
            if hip_target[leg] is not None:
                turn_hip += hip_gain * (hip_target[leg] - hip[leg]) - JOINT_DAMPING * hip_rate[leg]
            turn_knee = -VERTICAL_DAMPING * climb
            if knee_target[leg] is not None:
                turn_knee += KNEE_GAIN * (knee_target[leg] - knee[leg]) - JOINT_DAMPING * knee_rate[leg]
            action += [turn_hip, turn_knee]
        return np.clip(np.array(action, dtype=np.float32), -1.0, 1.0)
